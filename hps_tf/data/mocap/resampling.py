"""Change of a motion's frame rate.

A rate that divides the source's is reached by decimation, so that every frame written was captured;
another by spherical interpolation of each joint between the two captured frames around it.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap.motion import BodyMotion

#: How far from a whole number the ratio of rates may be: 59.94 counts as 60.
TOLERANCE = 0.01


def resample(motion: BodyMotion, good: np.ndarray, fps: float) -> tuple[BodyMotion, np.ndarray]:
    """Brings a motion to a lower frame rate without its bad frames.

    Args:
      motion: The motion at the rate it was captured at.
      good: `(F,)` bool, which frames may be used; a new frame needs both of its neighbours.
      fps: The rate wanted, at most the source's.

    Returns:
      The motion at the new rate, and the time of each of its frames `(F',)` in seconds since the
      source's first.

    Raises:
      ValueError: If the source's rate is lower.
    """
    ratio = motion.fps / fps
    if ratio < 1 - TOLERANCE:
        raise ValueError(f"`fps`: expected at most the source's {motion.fps:g}, received {fps:g}")
    step = round(ratio)
    if abs(ratio - step) <= TOLERANCE * step:
        frames = np.arange(0, motion.num_frames, step)
        frames = frames[good[frames]]
        resampled = motion.select(frames)
    else:
        moments = np.arange(0, motion.num_frames - 1 + 1e-6, ratio)
        before = np.minimum(moments.astype(int), motion.num_frames - 2)
        usable = good[before] & good[before + 1]
        frames, before = moments[usable], before[usable]
        resampled = _interpolate(motion, before, frames - before)
    return (
        BodyMotion(resampled.rotation_matrices, resampled.translation, fps),
        frames / motion.fps,
    )


def _interpolate(motion: BodyMotion, before: np.ndarray, part: np.ndarray) -> BodyMotion:
    """Returns the motion the given part of the way from frames `before` to the next ones."""
    start, end = motion.select(before), motion.select(before + 1)
    turn = np.swapaxes(start.rotation_matrices, -1, -2) @ end.rotation_matrices
    vectors = Rotation.from_matrix(turn).as_rotvec() * part[:, None, None]
    return BodyMotion(
        start.rotation_matrices @ Rotation.from_rotvec(vectors).as_matrix(),
        start.translation + part[:, None] * (end.translation - start.translation),
        motion.fps,
    )
