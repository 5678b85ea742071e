"""Losses against the true body (Zanfir et al. 2020, Eq. 8-10).

All give a value an example.
"""

import tensorflow as tf

from hps_tf.geometry import checks

_SMALL = 1e-6
"""Metres; lengths are smooth below it."""


def vertex_loss(vertices: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean distance of vertices, L_V (Eq. 8).

    Args:
      vertices: `(B, V, 3)` metres, relative to the root: a translation is found by projection.
      target: `(B, V, 3)` the true ones, likewise.

    Returns:
      `(B,)` metres.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("vertices", vertices, ("batch", "vertices", 3))
    checks.shape("target", target, ("batch", vertices.shape[1], 3))
    squares = tf.reduce_sum(tf.square(vertices - target), axis=-1)
    return tf.reduce_mean(tf.sqrt(squares + _SMALL**2), axis=1)


def pose_loss(rotation_matrices: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of rotations, L_θ (Eq. 9).

    Rotations are compared as matrices, |R - R'|² / 2 = 2 - 2 cos of the angle between them: that
    does not jump where an angle passes π, and is the angle's square where it is small.

    Args:
      rotation_matrices: `(B, J, 3, 3)`.
      target: `(B, J, 3, 3)`.

    Returns:
      `(B,)`.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("rotation_matrices", rotation_matrices, ("batch", "joints", 3, 3))
    checks.shape("target", target, ("batch", rotation_matrices.shape[1], 3, 3))
    squares = tf.reduce_sum(tf.square(rotation_matrices - target), axis=(2, 3))
    return tf.reduce_mean(squares, axis=1) / 2.0


def shape_loss(shape: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of shape components, L_β (Eq. 10).

    Args:
      shape: `(B, S)`.
      target: `(B, S)`.

    Returns:
      `(B,)`.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("shape", shape, ("batch", "components"))
    checks.shape("target", target, ("batch", shape.shape[1]))
    return tf.reduce_mean(tf.square(shape - target), axis=1)
