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
        "place": slopes_and_log_depth(true_translation) - slopes_and_log_depth(translation),
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
    deviations = tf.nest.map_structure(lambda each: tf.maximum(each, _LEAST), spread)
    log_variances = {name: 2.0 * tf.math.log(getattr(deviations, name)) for name in found}
    return negative_log_likelihood(found, log_variances, is_found)


def negative_log_likelihood(
    errors: dict[str, tf.Tensor], log_variances: dict[str, tf.Tensor], is_found: tf.Tensor
) -> tf.Tensor:
    """Computes how unlikely normal errors are, without constants: a mean over numbers.

    Args:
      errors: `(B, ...)` by name; those of `keypoints` are `(B, 17, 2)`.
      log_variances: By name, of the errors' shapes; those of `keypoints` are `(B, 17)`.
      is_found: `(B, 17)` bool or 1 of the keypoints that count.

    Returns:
      `(B,)` nats.
    """
    total, count = 0.0, 0.0
    for name, error in errors.items():
        log_variance, counts = log_variances[name], tf.ones_like(error)
        if name == "keypoints":
            log_variance = log_variance[..., tf.newaxis]
            counts *= tf.cast(is_found, error.dtype)[..., tf.newaxis]
        surprise = 0.5 * (tf.square(error) * tf.exp(-log_variance) + log_variance)
        axes = list(range(1, len(error.shape)))
        total += tf.reduce_sum(counts * surprise, axis=axes)
        count += tf.reduce_sum(counts, axis=axes)
    return total / count


def slopes_and_log_depth(point: tf.Tensor) -> tf.Tensor:
    """Gives `(B, 3)` slopes x/z and y/z and log z of `(B, 3)` points, metres."""
    depth = tf.maximum(point[:, 2:], _CLOSEST)
    return tf.concat([point[:, :2] / depth, tf.math.log(depth)], axis=1)
