"""Poses seen in a mirror: the body frame's x axis is flipped and the sides are exchanged.

Convention: with M = diag(-1, 1, 1), the mirror image of a rotation R is M R M. Its axis is a
pseudovector, so the x component of an axis-angle vector stays and the other two change sign.
"""

import tensorflow as tf

from hps_tf.body.skeleton import MIRROR_JOINTS, NUM_JOINTS
from hps_tf.geometry import checks

_AXIS_SIGNS = (1.0, -1.0, -1.0)
_MATRIX_SIGNS = ((1.0, -1.0, -1.0), (-1.0, 1.0, 1.0), (-1.0, 1.0, 1.0))


def mirror_pose(pose: tf.Tensor) -> tf.Tensor:
    """Mirrors a pose given as axis-angle vectors.

    Args:
      pose: `(..., 24, 3)` radians.

    Returns:
      `(..., 24, 3)` radians.

    Raises:
      ValueError: If `pose` has another shape.
    """
    pose = tf.convert_to_tensor(pose)
    checks.shape("pose", pose, (..., NUM_JOINTS, 3))
    return tf.gather(pose, MIRROR_JOINTS, axis=-2) * tf.constant(_AXIS_SIGNS, pose.dtype)


def mirror_rotation_matrices(rotation_matrices: tf.Tensor) -> tf.Tensor:
    """Mirrors a pose given as rotation matrices, local or global.

    Args:
      rotation_matrices: `(..., 24, 3, 3)`.

    Returns:
      `(..., 24, 3, 3)`.

    Raises:
      ValueError: If `rotation_matrices` has another shape.
    """
    rotation_matrices = tf.convert_to_tensor(rotation_matrices)
    checks.shape("rotation_matrices", rotation_matrices, (..., NUM_JOINTS, 3, 3))
    signs = tf.constant(_MATRIX_SIGNS, rotation_matrices.dtype)
    return tf.gather(rotation_matrices, MIRROR_JOINTS, axis=-3) * signs
