from . import detector_noise, keypoint_corruption, movenet_noise
from .detector_noise import FoundKeypoints, detect
from .posed_people import PosedPeople

__all__ = [
    "FoundKeypoints",
    "PosedPeople",
    "detect",
    "detector_noise",
    "keypoint_corruption",
    "movenet_noise",
]
