"""Heatmaps as the part and pose modules see them, drawn or from logits."""

import numpy as np
import tensorflow as tf

from hps_tf.models.evidence_scale import HEATMAP_SPREAD
from hps_tf.models.soft_argmax import probabilities


def where(is_first: tf.Tensor, first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Takes whole examples of one tensor or the other, by `(B,)` bool."""
    return tf.where(tf.reshape(is_first, [-1] + [1] * (first.shape.rank - 1)), first, second)


def evidence_heatmaps(logits: tf.Tensor) -> tf.Tensor:
    """Heatmaps as later modules see them: 1 at the peak of a target, lower where unsure."""
    peak = 1.0 / (2.0 * np.pi * HEATMAP_SPREAD**2)
    return tf.minimum(probabilities(logits) / peak, 2.0)


def draw_heatmaps(
    keypoints_2d: tf.Tensor, weights: tf.Tensor, map_size: int, map_stride: int
) -> tf.Tensor:
    """Draws heatmaps `(B, h, h, 17)` with peaks as high as the weights.

    Args:
      keypoints_2d: `(B, 17, 2)`, pixels of the image.
      weights: `(B, 17)`.
      map_size: Their side h.
      map_stride: Pixels of the image to one of the maps.
    """
    offsets = (keypoints_2d[..., tf.newaxis] + 0.5) / map_stride - 0.5
    offsets -= tf.range(map_size, dtype=tf.float32)
    across, down = tf.unstack(tf.exp(-0.5 * tf.square(offsets / HEATMAP_SPREAD)), axis=2)
    return tf.einsum("bk,bkh,bkw->bhwk", weights, down, across)
