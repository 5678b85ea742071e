"""The loss of body-part maps against labels."""

import tensorflow as tf

from hps_tf.geometry import checks


def part_map_loss(logits: tf.Tensor, part_labels: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of the labels of all pixels.

    Args:
      logits: `(B, H, W, 15)`.
      part_labels: `(B, H, W)` integers, 0 = background.

    Returns:
      `(B,)` nats.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("logits", logits, ("batch", "height", "width", "labels"))
    checks.shape("part_labels", part_labels, ("batch", *logits.shape[1:3]))
    crossed = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(part_labels, tf.int32), tf.cast(logits, tf.float32)
    )
    return tf.reduce_mean(crossed, axis=(1, 2))
