from . import keypoints, mirror, parts, readers, rest_pose, skeleton
from .loader import load, load_default
from .model import BodyModel, BodyOutput

__all__ = [
    "BodyModel",
    "BodyOutput",
    "keypoints",
    "load",
    "load_default",
    "mirror",
    "parts",
    "readers",
    "rest_pose",
    "skeleton",
]
