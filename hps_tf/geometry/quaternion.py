"""Rotations as unit quaternions.

Convention: (x, y, z, w) with w the real part, as in tensorflow-graphics and SciPy; q and −q are the
same rotation. Rotation matrices act on column vectors.

Products and matrices of quaternions are tensorflow-graphics', which is imported when one is first
asked for: they are polynomials, so its derivatives are right everywhere. `from_matrix` is this
package's own: fits differentiate it at every rotation, half turns included.
"""

import tensorflow as tf

from hps_tf.geometry import checks


def to_matrix(unit_quaternion: tf.Tensor) -> tf.Tensor:
    """Turns unit quaternions into rotation matrices.

    Args:
      unit_quaternion: (..., 4) as (x, y, z, w).

    Returns:
      (..., 3, 3) rotation matrices: polynomials of the components, of which all derivatives exist.

    Raises:
      ValueError: If the last axis is not 4.
    """
    from tensorflow_graphics.geometry.transformation import rotation_matrix_3d

    unit_quaternion = tf.convert_to_tensor(unit_quaternion)
    checks.shape("unit_quaternion", unit_quaternion, (..., 4))
    return rotation_matrix_3d.from_quaternion(unit_quaternion)


def multiply(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Multiplies quaternions: the rotation of `second`, followed by that of `first`.

    Args:
      first: (..., 4) as (x, y, z, w).
      second: (..., 4), of the same shape.

    Returns:
      (..., 4).

    Raises:
      ValueError: If a last axis is not 4.
    """
    from tensorflow_graphics.geometry.transformation import quaternion

    first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
    checks.shape("first", first, (..., 4))
    checks.shape("second", second, (..., 4))
    return quaternion.multiply(first, second)


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
    # By slices: TensorFlow Lite has no operator for the diagonals of matrices.
    diagonal = tf.stack([products[..., index, index] for index in range(4)], axis=-1)
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
