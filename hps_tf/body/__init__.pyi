from . import keypoints, mirror, parts, readers, rest_pose, skeleton
from .loader import load, load_default, load_small
from .model import BodyModel, BodyOutput
from .skeleton import Skeleton

__all__ = [
    "BodyModel",
    "BodyOutput",
    "Skeleton",
    "keypoints",
    "load",
    "load_default",
    "load_small",
    "mirror",
    "parts",
    "readers",
    "rest_pose",
    "skeleton",
]
