"""Networks measured on prepared images."""

from hps_tf.evaluation.clips import clips, mean_acceleration_error
from hps_tf.evaluation.errors import ImageErrors, errors_of
from hps_tf.evaluation.predicted_people import PredictedPeople, predict, predict_split

__all__ = [
    "ImageErrors",
    "PredictedPeople",
    "clips",
    "errors_of",
    "mean_acceleration_error",
    "predict",
    "predict_split",
]
