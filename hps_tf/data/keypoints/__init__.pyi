from . import (
    cameras,
    coco_keypoints,
    coco_rle,
    keypoint_npz,
    keypoint_sources,
    openpose_json,
    part_masks,
)
from .people import ImageEntry, Person
from .subjects import Subject, gather

__all__ = [
    "ImageEntry",
    "Person",
    "Subject",
    "cameras",
    "coco_keypoints",
    "coco_rle",
    "gather",
    "keypoint_npz",
    "keypoint_sources",
    "openpose_json",
    "part_masks",
]
