"""Artefacts of captured motion: added poses, single-frame jumps, calibration stills.

Convention: metres and seconds at the size of the default body.
"""

import itertools

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.body import skeleton
from hps_tf.data.mocap.motion import BodyMotion
from hps_tf.data.mocap.rest_skeleton import RestSkeleton

#: A joint that moves faster than this relative to the pelvis (0.1 m between frames at 120 fps) was
#: lost by the cameras; punches and kicks stay below 10 m/s.
MAX_SPEED = 12.0
# Jumps at most this many seconds apart enclose frames that are wrong: out and back again.
_LONGEST_POP = 0.1
# A calibration still is a short clip in which no joint moves farther than this; a pose held for
# longer is a performance.
_STILL_RANGE = 0.05
_STILL_SECONDS = 3.0
# Cosine and sine of turns about the vertical.
_SIDES = ((1, 0), (0, 1), (-1, 0), (0, -1))
# How far limbs may be from the T-pose in a T-pose.
_T_POSE_ANGLE = np.radians(25.0)
_QUARTER_TURNS = np.array([[[c, 0, s], [0, 1, 0], [-s, 0, c]] for c, s in _SIDES], float)
_LIMBS = [
    skeleton.JOINT_NAMES.index(f"{side}_{joint}")
    for side in "lr"
    for joint in ("hip", "knee", "shoulder", "elbow")
]


def begins_with_added_t_pose(motion: BodyMotion) -> bool:
    """Tells whether frame 0 is a T-pose put before the capture, as in CMU's BVH conversions.

    No captured frame has a global rotation of exactly zero, nor one to the side or the back.
    """
    if motion.num_frames < 2:
        return False
    turns = motion.rotation_matrices[:2, 0, None]
    exact = np.isclose(turns, _QUARTER_TURNS, atol=1e-9).all(axis=(-2, -1)).any(axis=-1)
    angles = Rotation.from_matrix(motion.rotation_matrices[0, _LIMBS]).magnitude()
    return bool(exact[0] and not exact[1] and (angles < _T_POSE_ANGLE).all())


def jumping_frames(motion: BodyMotion, rest: RestSkeleton) -> np.ndarray:
    """Finds the frames to which a joint jumps, and those between a jump out and a jump back.

    Args:
      motion: At the rate it was captured at.
      rest: The body's T-pose.

    Returns:
      `(F,)` bool.
    """
    joints = rest.joint_positions(motion)
    relative = joints - joints[:, :1]
    speed = np.linalg.norm(np.diff(relative, axis=0), axis=-1).max(axis=-1, initial=0) * motion.fps
    jumps = np.concatenate([[False], speed > MAX_SPEED])
    at = np.flatnonzero(jumps)
    for start, end in itertools.pairwise(at):
        if end - start <= _LONGEST_POP * motion.fps:
            jumps[start:end] = True
    return jumps


def is_still(motion: BodyMotion, rest: RestSkeleton) -> bool:
    """Tells whether the motion is a calibration still: short, and nothing moves."""
    if motion.num_frames > _STILL_SECONDS * motion.fps:
        return False
    joints = rest.joint_positions(motion)
    extent = np.ptp(joints - joints[:, :1], axis=0)
    return bool(np.linalg.norm(extent, axis=-1).max() < _STILL_RANGE)
