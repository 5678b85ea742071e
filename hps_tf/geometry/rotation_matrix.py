"""Rotation matrices: how far apart two are, and the nearest one to any matrix.

Convention: matrices act on column vectors; angles are in radians.
"""

from collections.abc import Callable

import tensorflow as tf

from hps_tf.geometry import checks


def relative(reference: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Expresses rotations in the frame of others: referenceᵀ matrix.

    Args:
      reference: (..., 3, 3) rotation matrices.
      matrix: (..., 3, 3) rotation matrices; batch axes broadcast.

    Returns:
      (..., 3, 3) rotation matrices, such that ``reference @ relative(reference, matrix)`` is
      `matrix`.

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    reference, matrix = tf.convert_to_tensor(reference), tf.convert_to_tensor(matrix)
    checks.shape("reference", reference, (..., 3, 3))
    checks.shape("matrix", matrix, (..., 3, 3))
    return tf.matmul(reference, matrix, transpose_a=True)


def geodesic_distance(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Measures the angle of the rotation between two orientations.

    The angle is taken from its sine and cosine together, so it is exact to rounding at 0 and at π,
    where an arc cosine loses half of the digits. Its derivative at distance 0, where none exists,
    is 0.

    Args:
      first: (..., 3, 3) rotation matrices.
      second: (..., 3, 3) rotation matrices; batch axes broadcast.

    Returns:
      (...) radians, from 0 to π.

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
    checks.shape("first", first, (..., 3, 3))
    checks.shape("second", second, (..., 3, 3))
    difference = relative(first, second)
    twice_cosine = tf.linalg.trace(difference) - 1.0
    skew = difference - tf.linalg.matrix_transpose(difference)
    # Each of the three components of 2 sin θ · axis stands twice in the skew part.
    squared = 0.5 * tf.reduce_sum(tf.square(skew), axis=[-2, -1])
    is_zero = squared <= 0.0
    twice_sine = tf.sqrt(tf.where(is_zero, tf.ones_like(squared), squared))
    return tf.atan2(tf.where(is_zero, tf.zeros_like(squared), twice_sine), twice_cosine)


def nearest(matrix: tf.Tensor) -> tf.Tensor:
    """Finds the rotation nearest to a matrix in the Frobenius norm (Kabsch 1976, Umeyama 1991).

    The result is always a proper rotation, never a reflection. Where several are equally near
    (rank below 2, or a reflection of equal stretches) one of them is returned; the derivative there
    is finite, zero along the directions left undetermined. Derivatives of first order only.

    Args:
      matrix: (..., 3, 3) any finite matrices.

    Returns:
      (..., 3, 3) rotation matrices, which maximise trace(Rᵀ M).

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    matrix = tf.convert_to_tensor(matrix)
    checks.shape("matrix", matrix, (..., 3, 3))
    return _nearest(matrix)


@tf.custom_gradient
def _nearest(matrix: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    stretches, u, v = tf.linalg.svd(matrix)
    handedness = tf.sign(_determinant(u) * _determinant(v))
    signs = tf.stack([tf.ones_like(handedness), tf.ones_like(handedness), handedness], axis=-1)
    rotation = tf.matmul(u * signs[..., tf.newaxis, :], v, transpose_b=True)
    stretches *= signs

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        # The derivative of SVD is infinite at equal stretches; that of the rotation is not. With
        # M = R S, S = V diag(σ) Vᵀ and dR = R Ω: Ω S + S Ω = Rᵀ dM − dMᵀ R, which in the basis V
        # divides entry ij by σᵢ + σⱼ.
        tangent = tf.matmul(v, tf.matmul(rotation, tf.matmul(upstream, v), transpose_a=True), True)
        skew = tangent - tf.linalg.matrix_transpose(tangent)
        sums = stretches[..., :, tf.newaxis] + stretches[..., tf.newaxis, :]
        scaled = tf.math.divide_no_nan(skew, sums)
        return tf.matmul(rotation, tf.matmul(v, tf.matmul(scaled, v, transpose_b=True)))

    return rotation, gradient


def _determinant(matrix: tf.Tensor) -> tf.Tensor:
    """The triple product of the rows; XLA has no determinant on CPU."""
    first, second, third = tf.unstack(matrix, axis=-2)
    return tf.reduce_sum(first * tf.linalg.cross(second, third), axis=-1)
