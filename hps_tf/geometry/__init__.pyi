from . import (
    axis_angle,
    camera,
    camera_matrix,
    checks,
    procrustes,
    quaternion,
    rotation_6d,
    rotation_matrix,
    shortest_rotation,
    spread,
    translation,
    weak_perspective,
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
    "shortest_rotation",
    "spread",
    "translation",
    "weak_perspective",
]
