"""How far lifted people err.

All errors are constants: what is learnt from them changes the spreads alone.
"""

import tensorflow as tf

from hps_tf.geometry import axis_angle, rotation_matrix, translation
from hps_tf.losses.surprise import slopes_and_log_depth
from hps_tf.models.evidence_frame import EvidenceFrame
from hps_tf.models.lifting_network import LiftedNumbers
from trainers.strategy import Batch


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
    off = slopes_and_log_depth(batch["translation"]) - slopes_and_log_depth(place)
    differences = {
        "pose": turned[:, 1:22],
        "root": turned[:, 0],
        "place": tf.concat([off[:, :2] / half_size, off[:, 2:]], axis=1),
        "shape": batch["shape"] - numbers.shape,
        "keypoints": (batch["found"] - batch["seen"]) / half_size[..., tf.newaxis],
    }
    return {name: tf.stop_gradient(error) for name, error in differences.items()}
