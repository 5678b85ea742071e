"""Rotations as unit quaternions.

Convention: (x, y, z, w) with w the real part, as in tensorflow-graphics and SciPy; q and −q are the
same rotation. Rotation matrices act on column vectors.
"""

import tensorflow as tf

from hps_tf.geometry import checks


def to_matrix(unit_quaternion: tf.Tensor) -> tf.Tensor:
    """Turns unit quaternions into rotation matrices.

    Args:
      unit_quaternion: (..., 4) as (x, y, z, w).

    Returns:
      (..., 3, 3) rotation matrices.

    Raises:
      ValueError: If the last axis is not 4.
    """
    unit_quaternion = tf.convert_to_tensor(unit_quaternion)
    checks.shape("unit_quaternion", unit_quaternion, (..., 4))
    x, y, z, w = tf.unstack(unit_quaternion, axis=-1)
    rows = [
        tf.stack([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)], -1),
        tf.stack([2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)], -1),
        tf.stack([2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)], -1),
    ]
    return tf.stack(rows, axis=-2)


def from_matrix(matrix: tf.Tensor) -> tf.Tensor:
    """Turns rotation matrices into the unit quaternions with w ≥ 0.

    A rotation matrix determines every product 4 qᵢ qⱼ. Each row of that 4 x 4 matrix is a multiple
    of q; the row of the largest diagonal entry (at least 1) is normalised, so nothing is divided
    by a small number and derivatives are right at every rotation, the identity included.

    Args:
      matrix: (..., 3, 3) rotation matrices.

    Returns:
      (..., 4) as (x, y, z, w).

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    matrix = tf.convert_to_tensor(matrix)
    checks.shape("matrix", matrix, (..., 3, 3))
    products = _products(matrix)
    diagonal = tf.linalg.diag_part(products)
    largest = tf.one_hot(tf.argmax(diagonal, axis=-1), 4, dtype=matrix.dtype)
    row = tf.reduce_sum(products * largest[..., tf.newaxis], axis=-2)
    quaternion = row * tf.math.rsqrt(tf.reduce_sum(tf.square(row), axis=-1, keepdims=True))
    return tf.where(quaternion[..., 3:] < 0.0, -quaternion, quaternion)


def _products(matrix: tf.Tensor) -> tf.Tensor:
    """The symmetric matrix (..., 4, 4) of 4 qᵢ qⱼ."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = (
        tf.unstack(row, axis=-1) for row in tf.unstack(matrix, axis=-2)
    )
    rows = [
        tf.stack([1.0 + xx - yy - zz, xy + yx, xz + zx, zy - yz], axis=-1),
        tf.stack([xy + yx, 1.0 - xx + yy - zz, yz + zy, xz - zx], axis=-1),
        tf.stack([xz + zx, yz + zy, 1.0 - xx - yy + zz, yx - xy], axis=-1),
        tf.stack([zy - yz, xz - zx, yx - xy, 1.0 + xx + yy + zz], axis=-1),
    ]
    return tf.stack(rows, axis=-2)
