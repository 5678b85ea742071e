"""The axis of a motion's world that is up.

A file does not say. Its skeleton's rest pose suggests one axis; a body that stands along another
one all the time, on the floor or walking about, determines it better.

Convention: an axis is one of x, y, z, -x, -y, -z.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hps_tf.data.mocap.motion import BodyMotion

#: For each axis that may be up, the rotation `(3, 3)` that brings it to y.
TO_Y_UP = {
    "x": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "-x": np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
    "-y": np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]]),
    "-z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
}
_DIRECTIONS = {axis: rotation[1] for axis, rotation in TO_Y_UP.items()}

# Where the trunk's mean is as far up as this, nothing is doubted: people bend, sit and crawl.
_UNDOUBTED = 0.35
# The mean of the trunk along an axis, of somebody who stands along it.
_STANDING = 0.8
# Heights of somebody who stands on a floor at 0, and how far somebody moves who walks, in leg
# lengths.
_ANKLES_ON_FLOOR, _HIPS_ON_FLOOR = (-0.15, 0.45), (0.5, 1.5)
_WALK, _WALK_HEIGHT = 1.0, 0.5


class Finding(NamedTuple):
    """The axis that is up, with a note for the user."""

    axis: str
    notes: tuple[str, ...]


def nearest(direction: np.ndarray) -> str:
    """Returns the axis nearest to a direction `(3,)`."""
    return max(_DIRECTIONS, key=lambda axis: float(direction @ _DIRECTIONS[axis]))


def find(joints: Mapping[str, np.ndarray], presumed: str) -> Finding:
    """Finds the axis that is up in a motion.

    Args:
      joints: Positions `(F, 3)` of the body's joints in the file's world and unit, by name.
      presumed: The axis that is up in the rest pose.

    Returns:
      The presumed axis, unless the body stands along another one: its trunk points there all the
      time, and it is on a floor at 0 there or walks about across.
    """
    hips = 0.5 * (joints["l_hip"] + joints["r_hip"])
    trunk = joints["head"] - hips
    trunk = trunk / np.maximum(np.linalg.norm(trunk, axis=-1, keepdims=True), 1e-12)
    mean = trunk.mean(axis=0)
    axis = nearest(mean)
    if mean @ _DIRECTIONS[presumed] >= _UNDOUBTED or mean @ _DIRECTIONS[axis] < _STANDING:
        return Finding(presumed, ())
    leg = float(np.median(_leg_lengths(joints)))
    up = _DIRECTIONS[axis]
    if leg > 0 and not _on_hands(joints, up):
        lowest = np.minimum(joints["l_ankle"] @ up, joints["r_ankle"] @ up)
        across = np.ptp(hips - np.outer(hips @ up, up), axis=0).max() / leg
        on_floor = _within(lowest / leg, _ANKLES_ON_FLOOR) and _within(
            hips @ up / leg, _HIPS_ON_FLOOR
        )
        walks = across >= _WALK and np.ptp(hips @ up) / leg <= _WALK_HEIGHT
        if on_floor or walks:
            return Finding(axis, (f"{axis} is up: along it the body stands",))
    note = f"{presumed} was taken for up, but the body lies along {axis}; is that up? (--up={axis})"
    return Finding(presumed, (note,))


def level(motion: BodyMotion, up: str) -> BodyMotion:
    """Turns a motion from a world with some axis up to one with y up."""
    turn = TO_Y_UP[up]
    rotations = motion.rotation_matrices.copy()
    rotations[:, 0] = turn @ rotations[:, 0]
    return BodyMotion(rotations, motion.translation @ turn.T, motion.fps)


def _leg_lengths(joints: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns the length of the legs `(F,)`, the mean of both."""
    bones = [
        np.linalg.norm(joints[f"{side}_{child}"] - joints[f"{side}_{joint}"], axis=-1)
        for side in "lr"
        for joint, child in (("hip", "knee"), ("knee", "ankle"))
    ]
    return sum(bones) / 2


def _on_hands(joints: Mapping[str, np.ndarray], up: np.ndarray) -> bool:
    """Tells whether the hands are at the far end of the body: a handstand, if that is down."""
    hands = np.minimum(joints["l_wrist"] @ up, joints["r_wrist"] @ up)
    return bool(np.median(hands - joints["head"] @ up) > 0)


def _within(values: np.ndarray, limits: tuple[float, float]) -> bool:
    return bool(limits[0] <= np.median(values) <= limits[1])
