"""Whether a pose of a source skeleton stands upright, and how to turn it so that it faces ahead.

Convention: an upright pose stands along one of its world's axes; facing ahead is y up, facing +z.
"""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hps_tf.data.mocap import up_axis
from hps_tf.data.mocap.retarget import zero_pose_fault

# How far from an axis a pose stands upright still.
_UPRIGHT = np.cos(np.radians(40.0))


class UprightPose(NamedTuple):
    """A pose of J joints that stands upright.

    Attributes:
      rotations: `(J, 3, 3)` world rotations.
      positions: `(J, 3)` world positions.
      alignment: `(3, 3)` rotation after which it has y up and faces +z.
      frame: Which frame it is; None for the zero pose.
    """

    rotations: np.ndarray
    positions: np.ndarray
    alignment: np.ndarray
    frame: int | None


def align(
    rotations: np.ndarray,
    positions: np.ndarray,
    driver: Mapping[str, int],
    facing: float,
    limit: float = 180.0,
) -> UprightPose | str:
    """Finds how to turn a pose upright and ahead.

    Args:
      rotations: `(J, 3, 3)` world rotations.
      positions: `(J, 3)` world positions.
      driver: Source joint of each body joint.
      facing: Degrees beside an axis within which it is taken to face along it.
      limit: Degrees by which limbs may differ from the T-pose's.

    Returns:
      The pose, or why it does not stand upright in something like a T-pose.
    """
    alignment = _alignment(joints_of(positions, driver), facing)
    if alignment is None:
        return "expected a body that stands upright, received one that does not"
    fault = zero_pose_fault(joints_of(positions @ alignment.T, driver), limit)
    return fault or UprightPose(rotations, positions, alignment, None)


def joints_of(positions: np.ndarray, driver: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Returns the positions `(J, ...)` of source joints by the body joints that they drive."""
    return {joint: positions[index] for joint, index in driver.items()}


def closest_to_t_pose(joints: Mapping[str, np.ndarray]) -> tuple[int, float]:
    """Returns the frame nearest to a T-pose, and by how many degrees its worst limb is off.

    Args:
      joints: Positions `(F, 3)` by name.
    """
    trunk = joints["head"] - 0.5 * (joints["l_hip"] + joints["r_hip"])
    across = joints["l_shoulder"] - joints["r_shoulder"]
    directions = {"l_arm": across, "r_arm": -across, "l_leg": -trunk, "r_leg": -trunk}
    ends = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}
    cosines = [
        _cosine(joints[f"{limb[0]}_{child}"] - joints[f"{limb[0]}_{joint}"], direction)
        for limb, direction in directions.items()
        for joint, child in itertools.pairwise(ends[limb[2:]])
    ]
    worst = np.min(cosines, axis=0)
    frame = int(np.argmax(worst))
    return frame, float(np.degrees(np.arccos(np.clip(worst[frame], -1, 1))))


def _cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-1)
    return (left * right).sum(axis=-1) / np.maximum(lengths, 1e-12)


def _alignment(joints: Mapping[str, np.ndarray], facing: float) -> np.ndarray | None:
    """Returns the rotation `(3, 3)` after which a body stands upright and faces +z.

    Args:
      joints: Positions `(3,)` by name.
      facing: Degrees beside an axis within which a body is taken to face along it.

    Returns:
      None if it does not stand along an axis.
    """
    hips, ankles = (0.5 * (joints[f"l_{name}"] + joints[f"r_{name}"]) for name in ("hip", "ankle"))
    upwards = _unit(joints["head"] - hips) + _unit(hips - ankles)
    up = up_axis.TO_Y_UP[up_axis.nearest(upwards)][1]
    if _unit(upwards) @ up < _UPRIGHT or np.linalg.norm(upwards) < 1:
        return None
    left = sum(joints[f"l_{name}"] - joints[f"r_{name}"] for name in ("hip", "shoulder"))
    left = _unit(left - (left @ up) * up)
    axis = up_axis.TO_Y_UP[up_axis.nearest(left)][1]
    if left @ axis > np.cos(np.radians(facing)):
        left = axis
    return np.stack([left, up, np.cross(left, up)])


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
