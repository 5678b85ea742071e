"""Keypoints as sums of turned segments, with their derivatives in closed form.

A keypoint is a blend of joints and of landmarks that the head carries, and each of those is the
root plus the segments (bones, and the landmarks' offsets from the head) of its chain. A joint that
turns moves what it carries about itself: a keypoint whose lever from that joint is l moves by
w × l, w being the turn in radians. No derivative needs a pass through the chain.

Convention: as `model`; a joint's turn is counted in the body's frame, after its rotation.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import kinematics
from hps_tf.body.skeleton import BODY_JOINTS, SMPL24, Skeleton

#: The root and the joints of a pose; hands carry no keypoint.
TURNING_JOINTS = (0, *BODY_JOINTS)


class Posed(NamedTuple):
    """Keypoints of B bodies at translation 0, and what moves them.

    Attributes:
      points: `(B, K, 3)` metres.
      levers: `(B, K, 22, 3)` metres, what of each keypoint the root and joints 1 to 21 carry, seen
        from those joints; 0 where they carry nothing.
      rotations: `(B, 22, 3, 3)` of those joints in the body's frame.
      by_shape: `(B, K, 3, S)` metres a standard deviation.
    """

    points: tf.Tensor
    levers: tf.Tensor
    rotations: tf.Tensor
    by_shape: tf.Tensor


class KeypointChain:
    """A keypoint set of one body.

    Args:
      blend: `(K, J + L)` weights of joints and landmarks.
      rest_points: `(J + L, 3)` joints and landmarks of the mean shape in the native pose.
      shapedirs: `(J + L, 3, S)` their displacements by shape.
      rest_rotations: `(J, 3, 3)` from the native pose to the T-pose.
      skeleton: The joint tree.
    """

    def __init__(
        self,
        blend: np.ndarray,
        rest_points: np.ndarray,
        shapedirs: np.ndarray,
        rest_rotations: np.ndarray,
        skeleton: Skeleton = SMPL24,
    ):
        num_joints, head = skeleton.num_joints, skeleton.index("head")
        num_landmarks = len(rest_points) - num_joints
        self._skeleton = skeleton
        self._carriers = [*skeleton.parents[1:], *[head] * num_landmarks]
        rest = np.concatenate([rest_points[..., None], shapedirs], axis=2)
        self._root = tf.constant(rest[0], tf.float32)
        self._segments = tf.constant(rest[1:] - rest[self._carriers], tf.float32)
        # Which segments each joint and landmark is the sum of.
        chains = np.zeros((len(rest_points), len(self._carriers)))
        for point, carrier in enumerate(self._carriers, start=1):
            chains[point] = chains[carrier] if point < num_joints else chains[head]
            chains[point, point - 1] = 1.0
        carries = np.eye(len(rest_points), dtype=bool)
        for point, carrier in enumerate(self._carriers, start=1):
            carries[point] |= carries[carrier]
        turning = list(skeleton.turning_joints)
        beyond = (chains[:, None] - chains[None, turning]) * carries[:, turning, None]
        levers = np.einsum("kp,pas->kas", blend, beyond)
        self._by_keypoint = tf.constant(blend @ chains, tf.float32)
        self._by_lever = tf.constant(levers.reshape(-1, levers.shape[2]), tf.float32)
        self._rest_rotations = tf.constant(rest_rotations, tf.float32)
        self._num_keypoints = len(blend)

    def __call__(self, rotation_matrices: tf.Tensor, shape: tf.Tensor) -> Posed:
        """Poses the keypoints.

        Args:
          rotation_matrices: `(B, J, 3, 3)` local rotations, or those of 24 joints.
          shape: `(B, S)`.
        """
        rotations = kinematics.all_rotations(rotation_matrices, self._skeleton)
        rotations = kinematics.global_rotations(rotations, self._skeleton)
        turns = tf.gather(tf.matmul(rotations, self._rest_rotations), self._carriers, axis=1)
        turned = tf.reduce_sum(turns[..., None] * self._segments[:, None], axis=3)
        # (B, segments, 3, 1 + S): of the mean shape, then by shape.
        count, num_segments = tf.shape(turned)[0], len(self._carriers)
        flat = tf.reshape(turned, [count, num_segments, -1])
        blended = tf.matmul(self._by_keypoint, flat)
        blended = tf.reshape(blended, [-1, self._num_keypoints, *self._root.shape]) + self._root
        by_shape = blended[..., 1:]
        points = blended[..., 0] + tf.linalg.matvec(by_shape, shape[:, None])
        segments = turned[..., 0] + tf.linalg.matvec(turned[..., 1:], shape[:, None])
        levers = tf.matmul(self._by_lever, segments)
        return Posed(
            points=points,
            levers=tf.reshape(levers, [-1, self._num_keypoints, len(TURNING_JOINTS), 3]),
            rotations=tf.gather(rotations, self._skeleton.turning_joints, axis=1),
            by_shape=by_shape,
        )
