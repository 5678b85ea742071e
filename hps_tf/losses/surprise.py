"""How unlikely errors of predictions are under the deviations that were predicted with them.

Errors are constants: what is learnt from them changes the deviations alone.
"""

import tensorflow as tf

from hps_tf.geometry import axis_angle, rotation_matrix
from hps_tf.geometry.spread import Spread

_CLOSEST = 0.1
"""Metres of depth below which a body counts as that far."""

_LEAST = 1e-4
"""Standard deviations below count as this one, in the units of each."""


def prediction_errors(
    rotation_matrices: tf.Tensor,
    shape: tf.Tensor,
    translation: tf.Tensor,
    true_rotations: tf.Tensor,
    true_shape: tf.Tensor,
    true_translation: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Computes the errors of predicted bodies whose deviations are in a `Spread`.

    Args:
      rotation_matrices: `(B, 24, 3, 3)` predicted.
      shape: `(B, S)` predicted.
      translation: `(B, 3)` predicted, metres in the camera frame.
      true_rotations: `(B, 24, 3, 3)`.
      true_shape: `(B, S)`.
      true_translation: `(B, 3)`.

    Returns:
      By names of fields of `Spread`: `pose` `(B, 21, 3)`, `root` `(B, 3)`, `place` `(B, 3)` and
      `shape` `(B, 10)`.
    """
    turned = axis_angle.from_matrix(rotation_matrix.relative(rotation_matrices, true_rotations))
    return {
        "pose": turned[:, 1:22],
        "root": turned[:, 0],
        "place": _place(true_translation) - _place(translation),
        "shape": (true_shape - shape)[:, :10],
    }


def surprise_loss(
    errors: dict[str, tf.Tensor],
    spread: Spread,
    keypoint_errors: tf.Tensor,
    is_found: tf.Tensor,
) -> tf.Tensor:
    """Computes the negative log-likelihood of errors, without constants: a mean over numbers.

    Args:
      errors: The result of `prediction_errors`.
      spread: The deviations predicted.
      keypoint_errors: `(B, 17, 2)` from true to observed keypoints, pixels.
      is_found: `(B, 17)` 1 of the keypoints that count.

    Returns:
      `(B,)` nats.
    """
    found = {name: tf.stop_gradient(each) for name, each in errors.items()}
    found["keypoints"] = tf.stop_gradient(keypoint_errors)
    total, count = tf.constant(0.0), tf.constant(0.0)
    for name, error in found.items():
        deviation, counts = getattr(spread, name), tf.ones_like(error)
        if name == "keypoints":
            deviation = deviation[..., tf.newaxis]
            counts *= is_found[..., tf.newaxis]
        deviation = tf.maximum(deviation, _LEAST)
        surprise = 0.5 * tf.square(error / deviation) + tf.math.log(deviation)
        axes = list(range(1, error.shape.rank))
        total += tf.reduce_sum(counts * surprise, axis=axes)
        count += tf.reduce_sum(counts, axis=axes)
    return total / count


def _place(point: tf.Tensor) -> tf.Tensor:
    """Slopes and the logarithm of the depth, `(B, 3)`."""
    depth = tf.maximum(point[:, 2:], _CLOSEST)
    return tf.concat([point[:, :2] / depth, tf.math.log(depth)], axis=1)
