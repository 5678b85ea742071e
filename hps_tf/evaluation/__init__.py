"""Networks measured on prepared images."""

from hps_tf.evaluation.errors import ImageErrors, errors_of
from hps_tf.evaluation.predicted_people import PredictedPeople, predict_split

__all__ = ["ImageErrors", "PredictedPeople", "errors_of", "predict_split"]
