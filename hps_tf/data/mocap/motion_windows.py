"""Draws windows of consecutive frames of recorded motion, balanced over people."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from hps_tf.body.mirror import mirror_pose
from hps_tf.data.mocap import pose_augmentation
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.mocap.pose_sampler import cumulative_shares
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle

_MIRRORED = np.array([-1.0, 1.0, 1.0], np.float32)
_SLACK = 0.5  # Of a frame's duration; where frames are farther apart some were dropped.
_CHUNK = 10_000


class MotionWindows:
    """Windows as a pure function of a seed.

    Args:
      clips: Recorded motion.
      num_frames: T, frames of a window.
      mirror: Whether motions with left and right exchanged are added.
      subject_balance: See `PoseSampler`.
      limb_swapping: Share of the windows that take limbs from another, in all frames.
      name: How errors call the clips.

    Raises:
      InputError: If no clip has so many frames without a gap.
    """

    def __init__(
        self,
        clips: Sequence[MotionClip],
        num_frames: int,
        *,
        mirror: bool = True,
        subject_balance: float = 0.5,
        limb_swapping: float = 0.0,
        name: str = "clips",
    ):
        self._num_frames, self._limb_swapping = num_frames, limb_swapping
        starts, subjects, first = [], [], 0
        for clip in clips:
            found = window_starts(clip, num_frames)
            starts.append(first + found)
            subjects += [clip.subject] * len(found)
            first += clip.num_frames
        if not subjects:
            raise InputError(
                f"{name}: expected a clip of {num_frames} frames without a gap, received none"
            )
        pose = np.concatenate([clip.pose for clip in clips])
        path = np.concatenate([clip.translation for clip in clips])
        poses, paths, rows = [pose], [path], [np.concatenate(starts)]
        if mirror:
            poses.append(mirror_pose(pose))
            paths.append(path * _MIRRORED)
            rows.append(rows[0] + len(pose))
        with tf.device("CPU:0"):
            self._poses = tf.constant(np.concatenate([_quaternions(each) for each in poses]))
            self._paths = tf.constant(np.concatenate(paths))
            self._starts = tf.constant(np.concatenate(rows).astype(np.int32))
            self._cumulative = tf.constant(
                cumulative_shares(np.array(subjects * len(poses)), subject_balance)
            )

    def sample(self, count: int, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws windows with replacement.

        Args:
          count: How many, W.
          seed: `(2,)` integers.

        Returns:
          `(W, T, 24, 4)` unit quaternions, and `(W, T, 3)` metres where the pelvis is, from its
          mean place.
        """
        seeds = tf.unstack(tf.random.split(seed, 3, alg="philox"))
        rows = self._rows(count, seeds[0])
        pose, path = tf.gather(self._poses, rows), tf.gather(self._paths, rows)
        if self._limb_swapping > 0:
            partner = tf.gather(self._poses, self._rows(count, seeds[1]))
            joints = pose_augmentation.swapped_joints(count, self._limb_swapping, seeds[2])
            pose = tf.where(joints[:, tf.newaxis, :, tf.newaxis], partner, pose)
        return pose, path - tf.reduce_mean(path, axis=1, keepdims=True)

    def _rows(self, count: int, seed: tf.Tensor) -> tf.Tensor:
        """Draws the frames `(W, T)` of windows."""
        draws = tf.random.stateless_uniform((count,), seed, dtype=tf.float64, alg="philox")
        index = tf.searchsorted(self._cumulative, draws, side="right")
        start = tf.gather(self._starts, tf.minimum(index, len(self._starts) - 1))
        return start[:, tf.newaxis] + tf.range(self._num_frames)


def window_starts(clip: MotionClip, num_frames: int) -> np.ndarray:
    """The frames of a clip at which windows without a gap begin, `(N,)`."""
    count = clip.num_frames - num_frames + 1
    if count < 1:
        return np.zeros(0, int)
    duration = clip.time[num_frames - 1 :] - clip.time[:count]
    return np.flatnonzero(duration < (num_frames - 1 + _SLACK) / clip.fps)


def _quaternions(pose: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [
            axis_angle.to_quaternion(pose[start : start + _CHUNK])
            for start in range(0, len(pose), _CHUNK)
        ]
    )
