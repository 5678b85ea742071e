"""Rotations as axis-angle vectors.

Convention: the vector's direction is the rotation axis and its length the angle in radians; the
rotation is right-handed and its matrix acts on column vectors. Quaternions are (x, y, z, w).

The textbook formulas divide by the angle, so their derivatives are wrong or NaN at the zero
rotation, where every fit starts. Here sin θ / θ is evaluated as an analytic function of θ², by its
power series near zero; derivatives of every order are right everywhere.
"""

import math

import tensorflow as tf

from hps_tf.geometry import checks, quaternion

# Below these, the truncated series are exact to float64 rounding, and so are their derivatives;
# above, the quotients lose no more than two digits in their derivatives.
_SINC_SERIES_BOUND = 0.25
_SINC_SERIES = [(-1) ** n / math.factorial(2 * n + 1) for n in range(9)]
_SINE_REST_SERIES = [(-1) ** n / math.factorial(2 * n + 3) for n in range(8)]
_ARCTAN_SERIES_BOUND = 0.0625
_ARCTAN_SERIES = [(-1) ** n / (2 * n + 1) for n in range(15)]


def to_matrix(axis_angle: tf.Tensor) -> tf.Tensor:
    """Turns axis-angle vectors into rotation matrices by Rodrigues' formula.

    R = cos θ I + (sin θ / θ) [v]ₓ + ((1 − cos θ) / θ²) v vᵀ, with v the vector and θ its length.

    Args:
      axis_angle: (..., 3) radians.

    Returns:
      (..., 3, 3) rotation matrices.

    Raises:
      ValueError: If the last axis is not 3.
    """
    axis_angle = tf.convert_to_tensor(axis_angle)
    checks.shape("axis_angle", axis_angle, (..., 3))
    squared_angle = tf.reduce_sum(tf.square(axis_angle), axis=-1)
    sine = _sinc(squared_angle)
    versine = 0.5 * tf.square(_sinc(0.25 * squared_angle))  # (1 − cos θ) / θ²
    x, y, z = tf.unstack(axis_angle, axis=-1)
    xx, yy, zz = versine * x * x, versine * y * y, versine * z * z
    xy, xz, yz = versine * x * y, versine * x * z, versine * y * z
    rows = [
        tf.stack([1.0 - yy - zz, xy - sine * z, xz + sine * y], axis=-1),
        tf.stack([xy + sine * z, 1.0 - xx - zz, yz - sine * x], axis=-1),
        tf.stack([xz - sine * y, yz + sine * x, 1.0 - xx - yy], axis=-1),
    ]
    return tf.stack(rows, axis=-2)


def right_jacobian(axis_angle: tf.Tensor) -> tf.Tensor:
    """Tells how a rotation turns, in its own frame, when its axis-angle vector moves.

    exp(v + d) = exp(v) exp(J d) for small d, J = I − ((1 − cos θ) / θ²) [v]ₓ
    + ((θ − sin θ) / θ³) [v]ₓ², with θ the length of v (Solà et al. 2018, Eq. 143).

    Args:
      axis_angle: (..., 3) radians.

    Returns:
      (..., 3, 3) the matrices J.

    Raises:
      ValueError: If the last axis is not 3.
    """
    axis_angle = tf.convert_to_tensor(axis_angle)
    checks.shape("axis_angle", axis_angle, (..., 3))
    squared_angle = tf.reduce_sum(tf.square(axis_angle), axis=-1)
    versine = 0.5 * tf.square(_sinc(0.25 * squared_angle))  # (1 − cos θ) / θ²
    rest = _sine_rest(squared_angle)
    x, y, z = tf.unstack(axis_angle, axis=-1)
    # [v]ₓ² = v vᵀ − θ² I
    diagonal = 1.0 - rest * squared_angle
    xx, yy, zz = (diagonal + rest * each * each for each in (x, y, z))
    xy, xz, yz = rest * x * y, rest * x * z, rest * y * z
    x, y, z = versine * x, versine * y, versine * z
    rows = [
        tf.stack([xx, xy + z, xz - y], axis=-1),
        tf.stack([xy - z, yy, yz + x], axis=-1),
        tf.stack([xz + y, yz - x, zz], axis=-1),
    ]
    return tf.stack(rows, axis=-2)


def from_matrix(matrix: tf.Tensor) -> tf.Tensor:
    """Turns rotation matrices into the axis-angle vectors of length at most π.

    At the angle π, where both directions of the axis are the same rotation, one of them is
    returned and the derivative is that of its side.

    Args:
      matrix: (..., 3, 3) rotation matrices.

    Returns:
      (..., 3) radians.

    Raises:
      ValueError: If the last axes are not 3, 3.
    """
    return from_quaternion(quaternion.from_matrix(matrix))


def to_quaternion(axis_angle: tf.Tensor) -> tf.Tensor:
    """Turns axis-angle vectors into unit quaternions.

    Args:
      axis_angle: (..., 3) radians.

    Returns:
      (..., 4) as (x, y, z, w), with w = cos θ/2 (negative beyond π).

    Raises:
      ValueError: If the last axis is not 3.
    """
    axis_angle = tf.convert_to_tensor(axis_angle)
    checks.shape("axis_angle", axis_angle, (..., 3))
    squared_angle = tf.reduce_sum(tf.square(axis_angle), axis=-1, keepdims=True)
    vector = 0.5 * _sinc(0.25 * squared_angle) * axis_angle
    # cos θ/2 = 1 − 2 sin² θ/4
    scalar = 1.0 - 0.125 * squared_angle * tf.square(_sinc(0.0625 * squared_angle))
    return tf.concat([vector, scalar], axis=-1)


def from_quaternion(unit_quaternion: tf.Tensor) -> tf.Tensor:
    """Turns unit quaternions into the axis-angle vectors of length at most π.

    Args:
      unit_quaternion: (..., 4) as (x, y, z, w); q and −q are the same rotation.

    Returns:
      (..., 3) radians.

    Raises:
      ValueError: If the last axis is not 4.
    """
    unit_quaternion = tf.convert_to_tensor(unit_quaternion)
    checks.shape("unit_quaternion", unit_quaternion, (..., 4))
    vector, scalar = unit_quaternion[..., :3], unit_quaternion[..., 3:]
    sign = tf.where(scalar < 0.0, -tf.ones_like(scalar), tf.ones_like(scalar))
    vector, scalar = sign * vector, sign * scalar
    return 2.0 * _arctan_quotient(vector, scalar) * vector


def _sinc(squared: tf.Tensor) -> tf.Tensor:
    """Evaluates sin √s / √s as an analytic function of s."""
    is_small = squared < _SINC_SERIES_BOUND
    root = tf.sqrt(tf.where(is_small, tf.ones_like(squared), squared))
    return tf.where(is_small, _series(_SINC_SERIES, squared, is_small), tf.sin(root) / root)


def _sine_rest(squared: tf.Tensor) -> tf.Tensor:
    """Evaluates (√s − sin √s) / √s³ as an analytic function of s."""
    is_small = squared < _SINC_SERIES_BOUND
    safe = tf.where(is_small, tf.ones_like(squared), squared)
    root = tf.sqrt(safe)
    far = (1.0 - tf.sin(root) / root) / safe
    return tf.where(is_small, _series(_SINE_REST_SERIES, squared, is_small), far)


def _arctan_quotient(vector: tf.Tensor, scalar: tf.Tensor) -> tf.Tensor:
    """Evaluates arctan(|v| / w) / |v|, for w ≥ 0, as a smooth function of v and w."""
    squared = tf.reduce_sum(tf.square(vector), axis=-1, keepdims=True)
    is_small = squared < _ARCTAN_SERIES_BOUND * tf.square(scalar)
    safe_scalar = tf.where(is_small, scalar, tf.ones_like(scalar))
    near = _series(_ARCTAN_SERIES, squared / tf.square(safe_scalar), is_small) / safe_scalar
    norm = tf.sqrt(tf.where(is_small, tf.ones_like(squared), squared))
    return tf.where(is_small, near, tf.atan2(norm, scalar) / norm)


def _series(coefficients: list[float], x: tf.Tensor, is_used: tf.Tensor) -> tf.Tensor:
    """Sums a power series; where it is not used it is taken at 0, so that no power overflows."""
    x = tf.where(is_used, x, tf.zeros_like(x))
    total = tf.zeros_like(x)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
