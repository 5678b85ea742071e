"""How far lifted people err, and how likely that is under their spreads.

All errors are constants: what is learnt from them changes the spreads alone.
"""

import tensorflow as tf

from hps_tf.geometry import axis_angle, rotation_matrix, translation
from hps_tf.models.evidence_frame import EvidenceFrame
from hps_tf.models.lifting_network import LiftedNumbers
from trainers.strategy import Batch

_CLOSEST = 0.1
"""Metres below which an error counts as none."""


def errors(
    batch: Batch,
    frame: EvidenceFrame,
    numbers: LiftedNumbers,
    rotation_matrices: tf.Tensor,
    keypoints: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Computes the errors whose variances `LiftedNumbers.log_variances` estimates.

    Args:
      batch: See `trainers.tasks.lifting`.
      frame: The evidence's frame.
      numbers: The network's.
      rotation_matrices: `(B, 24, 3, 3)` predicted, the root's into the camera frame.
      keypoints: `(B, 17, 3)` predicted, at translation 0.

    Returns:
      By name, of the shapes of the log-variances; of keypoints, along x and y, `(B, 17, 2)`.
    """
    true = batch["rotation_matrices"]
    turned = axis_angle.from_matrix(rotation_matrix.relative(rotation_matrices, true))
    half_size = frame.half_size[:, tf.newaxis]
    certainty = batch["confidence"] * tf.exp(-numbers.log_variances["keypoints"])
    view = tf.eye(3, batch_shape=[tf.shape(true)[0]])
    place = translation.from_perspective(keypoints, batch["found"], certainty, view)
    (found_slopes, found_depth), (true_slopes, true_depth) = map(
        _place, (place, batch["translation"])
    )
    differences = {
        "pose": turned[:, 1:22],
        "root": turned[:, 0],
        "place": tf.concat(
            [(true_slopes - found_slopes) / half_size, true_depth - found_depth], axis=1
        ),
        "shape": batch["shape"] - numbers.shape,
        "keypoints": (batch["found"] - batch["seen"]) / half_size[..., tf.newaxis],
    }
    return {name: tf.stop_gradient(error) for name, error in differences.items()}


def surprise(
    errors: dict[str, tf.Tensor], log_variances: dict[str, tf.Tensor], is_found: tf.Tensor
) -> tf.Tensor:
    """Computes the negative log-likelihood `(B,)` of errors, without constants: a mean.

    Args:
      errors: The result of `errors`.
      log_variances: Those of `LiftedNumbers`.
      is_found: `(B, 17)` which keypoints count.
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


def _place(point: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Slopes `(B, 2)` and the logarithm `(B, 1)` of the depth."""
    depth = tf.maximum(point[:, 2:], _CLOSEST)
    return point[:, :2] / depth, tf.math.log(depth)
