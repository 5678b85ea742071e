"""Draws poses for training, balanced over people and augmented."""

import numpy as np
import tensorflow as tf

from hps_tf.body.mirror import mirror_pose
from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.data.mocap import pose_augmentation
from hps_tf.data.mocap.pose_data import PoseData
from hps_tf.geometry import axis_angle

_CHUNK = 10_000


class PoseSampler:
    """Poses as a pure function of seed and step.

    Args:
      data: The poses, with who moved.
      mirror: Whether poses with left and right exchanged are added.
      subject_balance: 0: a person's share of the draws is as large as the share of the poses; 1:
        every person has the same share.
      limb_swapping: Share of the poses that take limbs from another.
      joint_mixing: How far joints turn towards another pose's, as a share of the way.
    """

    def __init__(
        self,
        data: PoseData,
        *,
        mirror: bool = True,
        subject_balance: float = 0.5,
        limb_swapping: float = 0.0,
        joint_mixing: float = 0.0,
    ):
        images = (data.train, mirror_pose(data.train)) if mirror else (data.train,)
        subjects = np.concatenate([data.train_subjects] * len(images))
        self._limb_swapping, self._joint_mixing = limb_swapping, joint_mixing
        with tf.device("CPU:0"):
            self._poses = tf.constant(
                np.concatenate(
                    [
                        axis_angle.to_quaternion(image[start : start + _CHUNK])
                        for image in images
                        for start in range(0, len(image), _CHUNK)
                    ]
                )
            )
            self._cumulative = tf.constant(cumulative_shares(subjects, subject_balance))

    def sample(self, count: int, seed: tf.Tensor) -> tf.Tensor:
        """Draws poses with replacement.

        Args:
          count: How many, B.
          seed: `(2,)` integers.

        Returns:
          `(B, 24, 4)` unit quaternions.
        """
        seeds = tf.unstack(tf.random.split(seed, 5, alg="philox"))
        pose = tf.gather(self._poses, self._draw((count,), seeds[0]))
        if self._limb_swapping > 0:
            partner = tf.gather(self._poses, self._draw((count,), seeds[1]))
            share = self._limb_swapping
            pose = pose_augmentation.swap_limbs(pose, partner, share, seeds[2])
        if self._joint_mixing > 0:
            rows = self._draw((count, NUM_JOINTS), seeds[3])
            joints = tf.broadcast_to(tf.range(NUM_JOINTS), rows.shape)
            partner = tf.gather_nd(self._poses, tf.stack([rows, joints], axis=-1))
            spread = self._joint_mixing
            pose = pose_augmentation.mix_joints(pose, partner, spread, seeds[4])
        return pose

    def _draw(self, shape: tuple[int, ...], seed: tf.Tensor) -> tf.Tensor:
        """Indices of poses, each person with their share."""
        size = int(np.prod(shape))
        draws = tf.random.stateless_uniform((size,), seed, dtype=tf.float64, alg="philox")
        index = tf.searchsorted(self._cumulative, draws, side="right")
        return tf.reshape(tf.minimum(index, len(self._poses) - 1), shape)


def cumulative_shares(subjects: np.ndarray, balance: float) -> np.ndarray:
    """Cumulative probabilities of poses; a person of n poses has a share ~ n^(1 - balance).

    Args:
      subjects: `(N,)` whose pose each is.
      balance: See `PoseSampler`.

    Returns:
      `(N,)`, the last 1.
    """
    _, person, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    weights = counts[person].astype(np.float64) ** -balance
    return np.cumsum(weights / weights.sum())
