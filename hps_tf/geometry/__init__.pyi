from . import (
    axis_angle,
    camera,
    camera_matrix,
    checks,
    procrustes,
    quaternion,
    rotation_6d,
    rotation_matrix,
    spread,
    translation,
)

__all__ = [
    "axis_angle",
    "camera",
    "camera_matrix",
    "checks",
    "procrustes",
    "quaternion",
    "rotation_6d",
    "rotation_matrix",
    "spread",
    "translation",
]
