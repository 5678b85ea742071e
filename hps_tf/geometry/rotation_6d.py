"""Rotations as the first two columns of their matrices (Zhou et al. 2019).

Convention: the first column, then the second. Unlike axis-angle and quaternions the representation
is continuous; any two vectors that are not parallel stand for a rotation.
"""

import tensorflow as tf

from hps_tf.geometry import checks


def to_matrix(rotation_6d: tf.Tensor) -> tf.Tensor:
    """Turns 6D vectors into rotation matrices by Gram-Schmidt (Zhou et al. 2019, Eq. 15).

    Columns shorter than 1e-6 or parallel give a finite matrix that is no rotation.

    Args:
      rotation_6d: (..., 6), of any scale.

    Returns:
      (..., 3, 3) rotation matrices.

    Raises:
      ValueError: If the last axis is not 6.
    """
    rotation_6d = tf.convert_to_tensor(rotation_6d)
    checks.shape("rotation_6d", rotation_6d, (..., 6))
    first, second = rotation_6d[..., :3], rotation_6d[..., 3:]
    x = tf.math.l2_normalize(first, axis=-1)
    y = tf.math.l2_normalize(
        second - tf.reduce_sum(x * second, axis=-1, keepdims=True) * x, axis=-1
    )
    return tf.stack([x, y, _cross(x, y)], axis=-1)


def _cross(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Gives the cross product of `(..., 3)` vectors, by operations that ONNX has."""
    after, before = [1, 2, 0], [2, 0, 1]
    first = tf.gather(x, after, axis=-1) * tf.gather(y, before, axis=-1)
    return first - tf.gather(x, before, axis=-1) * tf.gather(y, after, axis=-1)


def from_matrix(matrix: tf.Tensor) -> tf.Tensor:
    """Takes the first two columns of rotation matrices.

    Args:
      matrix: (..., 3, 3) rotation matrices.

    Returns:
      (..., 6): the first column, then the second.

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    matrix = tf.convert_to_tensor(matrix)
    checks.shape("matrix", matrix, (..., 3, 3))
    return tf.concat([matrix[..., 0], matrix[..., 1]], axis=-1)
