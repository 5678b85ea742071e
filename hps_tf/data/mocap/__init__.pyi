from . import (
    amass,
    amc,
    asf,
    bvh,
    deepmimic,
    joint_maps,
    motion_archives,
    motion_manifest,
    motion_records,
    pose_augmentation,
    pose_corruption,
)
from .conversion import Converter
from .motion import BodyMotion, MotionClip, SourceMotion
from .motion_records import list_splits, read_clips, write_shards

__all__ = [
    "BodyMotion",
    "Converter",
    "MotionClip",
    "SourceMotion",
    "amass",
    "amc",
    "asf",
    "bvh",
    "deepmimic",
    "joint_maps",
    "list_splits",
    "motion_archives",
    "motion_manifest",
    "motion_records",
    "pose_augmentation",
    "pose_corruption",
    "read_clips",
    "write_shards",
]
