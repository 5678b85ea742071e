"""Fits bodies to keypoints and part maps, in images and video."""

from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.fit import fit
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.refiner import Refiner
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.video import VideoFitter
from hps_tf.fitting.weights import Weights

__all__ = [
    "Evidence",
    "Expected",
    "FitResult",
    "Fitter",
    "Refiner",
    "VideoFitter",
    "Weights",
    "fit",
]
