"""Keypoints from heatmaps.

A heatmap's logits, by softmax over its pixels, say where the keypoint is. The expected place over
the few pixels around the likeliest one is known to a fraction of a pixel and is differentiable; the
expectation over the whole map would lie between two candidates.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.geometry import checks

RADIUS = 2
"""Pixels of the map on each side of the likeliest."""


class DetectedKeypoints(NamedTuple):
    """Keypoints `(B, K, 2)` in pixels of the image, and how sure they are, `(B, K)` in 0..1."""

    keypoints_2d: tf.Tensor
    confidence: tf.Tensor


def probabilities(logits: tf.Tensor) -> tf.Tensor:
    """Softmax of `(B, H, W, K)` logits over the pixels of each map, float32."""
    checks.shape("logits", logits, ("batch", "height", "width", "keypoints"))
    _, height, width, count = logits.shape
    flat = tf.reshape(tf.cast(logits, tf.float32), (-1, height * width, count))
    return tf.reshape(tf.nn.softmax(flat, axis=1), (-1, height, width, count))


def soft_argmax(logits: tf.Tensor, stride: int) -> DetectedKeypoints:
    """Finds the keypoints of heatmaps, to a fraction of a pixel (§2.3).

    Args:
      logits: `(B, H, W, K)`.
      stride: Pixels of the image to one of the map.

    Returns:
      The keypoints; the confidence is the probability of the pixels around.

    Raises:
      ValueError: If the shape is wrong.
    """
    likely = probabilities(logits)
    _, height, width, _ = likely.shape
    columns = tf.range(width, dtype=tf.float32)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    rows = tf.range(height, dtype=tf.float32)[tf.newaxis, :, tf.newaxis, tf.newaxis]
    flat = tf.reshape(likely, (-1, height * width, likely.shape[3]))
    # TensorFlow Lite divides no whole numbers of 64 bits.
    peak = tf.argmax(flat, axis=1, output_type=tf.int32)
    peak_row = tf.cast(peak // width, tf.float32)[:, tf.newaxis, tf.newaxis]
    peak_column = tf.cast(peak % width, tf.float32)[:, tf.newaxis, tf.newaxis]
    is_near = (tf.abs(columns - peak_column) <= RADIUS) & (tf.abs(rows - peak_row) <= RADIUS)
    near = tf.where(is_near, likely, 0.0)
    confidence = tf.reduce_sum(near, axis=(1, 2))
    x = tf.reduce_sum(near * columns, axis=(1, 2)) / confidence
    y = tf.reduce_sum(near * rows, axis=(1, 2)) / confidence
    keypoints = (tf.stack([x, y], axis=-1) + 0.5) * stride - 0.5
    return DetectedKeypoints(keypoints, confidence)
