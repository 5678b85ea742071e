"""Uncertainty of each vertex of a body, from the joints at the ends of its part."""

import numpy as np

from hps_tf.body.parts import PART_NAMES
from hps_tf.body.skeleton import JOINT_NAMES

_SURE, _UNSURE = 0.10, 0.22
"""Metres of standard deviation below which nothing is shown, and above which no more."""

_LIMBS = {
    "hand": ("wrist", "wrist"),
    "foot": ("ankle", "foot"),
    "upper_leg": ("hip", "knee"),
    "lower_leg": ("knee", "ankle"),
    "upper_arm": ("shoulder", "elbow"),
    "lower_arm": ("elbow", "wrist"),
}
_MIDDLE = {"torso": ("pelvis", "spine3"), "head": ("head", "head")}


def of_vertices(joint_std: np.ndarray, vertex_parts: np.ndarray) -> np.ndarray:
    """Rates vertices from sure, 0, to unsure, 1.

    Args:
      joint_std: `(N, 24)` standard deviations of joints, metres.
      vertex_parts: `(V,)` part labels in 1..14.

    Returns:
      `(N, V)`.
    """
    deviations = np.asarray(joint_std)[:, _ENDS].mean(axis=2)
    share = (deviations - _SURE) / (_UNSURE - _SURE)
    return np.clip(np.nan_to_num(share, nan=1.0), 0.0, 1.0)[:, vertex_parts - 1]


def _ends(part: str) -> tuple[int, ...]:
    """The joints at the ends of a part."""
    if part in _MIDDLE:
        names = _MIDDLE[part]
    else:
        side = "l_" if "left" in part else "r_"
        limb = part.removeprefix("left_").removeprefix("right_")
        limb = limb.removesuffix("_left").removesuffix("_right")
        first, last = _LIMBS[limb]
        names = side + first, side + last
    return tuple(JOINT_NAMES.index(name) for name in names)


_ENDS = np.array([_ends(part) for part in PART_NAMES[1:]])
