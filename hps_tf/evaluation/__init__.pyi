from . import (
    calibration,
    errors,
    held_out_people,
    lifting_figures,
    motion,
    network_figures,
    network_pictures,
    prior_samples,
    prior_tasks,
    refinement,
    statistics,
)
from .clips import clips, mean_acceleration_error
from .errors import ImageErrors, errors_of
from .predicted_people import PredictedPeople, predict, predict_split
from .statistics import Bootstrap, compare

__all__ = [
    "Bootstrap",
    "ImageErrors",
    "PredictedPeople",
    "calibration",
    "clips",
    "compare",
    "errors",
    "errors_of",
    "held_out_people",
    "lifting_figures",
    "mean_acceleration_error",
    "motion",
    "network_figures",
    "network_pictures",
    "predict",
    "predict_split",
    "prior_samples",
    "prior_tasks",
    "refinement",
    "statistics",
]
