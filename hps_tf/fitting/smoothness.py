"""L_smooth of rotations and places (Zanfir et al. 2020, Eq. 12), with its normal equations."""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.losses.smoothness import TRANSLATION_UNIT, squared_steps

_ROTATION_UNIT = 0.2  # Radians that weigh as much as a latent's 1.
_MATRIX_UNIT = _ROTATION_UNIT * 2.0**0.5  # Matrices differ by twice the squared angle.


class Equations(NamedTuple):
    """The loss near given frames, by 3 variables of each of n joints and places.

    Attributes:
      slope: `(W, T, n, 3)` its gradient.
      own: `(W, T, n, 3, 3)` its curvature by a frame's variables.
      next: `(W, T - 1, n, 3, 3)` by a frame's, then the next's.
    """

    slope: tf.Tensor
    own: tf.Tensor
    next: tf.Tensor


def loss(rotation_matrices: tf.Tensor, translation: tf.Tensor) -> tf.Tensor:
    """Half the mean over steps of squared differences from frame to frame.

    Args:
      rotation_matrices: `(W, T, J, 3, 3)`.
      translation: `(W, T, 3)` metres.

    Returns:
      `(W,)`.
    """
    rows = tf.reshape(rotation_matrices, tf.concat([tf.shape(translation)[:2], [-1]], axis=0))
    parts = [rows / _MATRIX_UNIT, translation / TRANSLATION_UNIT]
    return tf.reduce_mean(squared_steps(parts), axis=1)


def linearise(
    rotation_matrices: tf.Tensor,
    translation: tf.Tensor,
    turn_maps: tf.Tensor,
    place_maps: tf.Tensor,
) -> Equations:
    """Gives Gauss and Newton's equations of `loss`.

    Args:
      rotation_matrices: `(W, T, J, 3, 3)`.
      translation: `(W, T, 3)` metres.
      turn_maps: `(W, T, J, 3, 3)` how each joint turns, in its own frame, with its variables.
      place_maps: `(W, T, 3, 3)` how the place moves with its variables.

    Returns:
      The equations of J joints and, last, the place.
    """
    by_axis = _turned(rotation_matrices) / _MATRIX_UNIT
    by_turns = tf.matmul(by_axis, turn_maps)
    rows = tf.reshape(rotation_matrices, tf.shape(by_axis[..., 0])) / _MATRIX_UNIT
    place_rows = translation[:, :, None] / TRANSLATION_UNIT
    by_moves = place_maps[:, :, None] / TRANSLATION_UNIT
    joints = _path(rows, by_turns)
    places = _path(place_rows, by_moves)
    return Equations(*(tf.concat(parts, axis=2) for parts in zip(joints, places, strict=True)))


def _path(rows: tf.Tensor, maps: tf.Tensor) -> Equations:
    """Equations of values `(W, T, n, r)` whose derivatives `(W, T, n, r, 3)` are given."""
    num_steps = tf.cast(tf.shape(rows)[1] - 1, rows.dtype)
    steps = rows[:, 1:] - rows[:, :-1]
    none = tf.zeros_like(rows[:, :1])
    pulls = tf.concat([none, steps], axis=1) - tf.concat([steps, none], axis=1)
    slope = tf.linalg.matvec(maps, pulls, transpose_a=True)
    squares = tf.matmul(maps, maps, transpose_a=True)
    one = tf.ones_like(rows[:, :, 0, 0])
    ends = tf.concat([tf.zeros_like(one[:, :1]), one[:, 1:]], axis=1)
    neighbours = ends + tf.reverse(ends, axis=[1])
    return Equations(
        slope / num_steps,
        neighbours[:, :, None, None, None] * squares / num_steps,
        -tf.matmul(maps[:, :-1], maps[:, 1:], transpose_a=True) / num_steps,
    )


def _turned(rotation_matrices: tf.Tensor) -> tf.Tensor:
    """Derivatives `(..., 9, 3)` of rotations R exp(v) by v at 0: R [e]ₓ for each axis e."""
    x, y, z = tf.unstack(rotation_matrices, axis=-1)
    none = tf.zeros_like(x)
    by_axis = [
        tf.stack([none, z, -y], axis=-1),
        tf.stack([-z, none, x], axis=-1),
        tf.stack([y, -x, none], axis=-1),
    ]
    stacked = tf.stack(by_axis, axis=-1)
    return tf.reshape(stacked, tf.concat([tf.shape(x)[:-1], [9, 3]], axis=0))
