"""People in images: boxes and keypoints (MoveNet)."""

from hps_tf.detection.default_detector import load as load_default
from hps_tf.detection.detector import Detector, FoundPeople
from hps_tf.detection.people import People, PeopleDetector

__all__ = ["Detector", "FoundPeople", "People", "PeopleDetector", "load_default"]
