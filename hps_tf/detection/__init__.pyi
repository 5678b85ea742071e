from . import oks
from .default_detector import load_default
from .detector import Detector, FoundPeople
from .people import People, PeopleDetector
from .tracking import Tracker

__all__ = [
    "Detector",
    "FoundPeople",
    "People",
    "PeopleDetector",
    "Tracker",
    "load_default",
    "oks",
]
