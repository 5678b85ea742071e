"""Losses against keypoints in the image."""

from collections.abc import Callable

import tensorflow as tf

from hps_tf.geometry import checks
from hps_tf.losses import robust_kernels


def keypoint_loss(
    keypoints_2d: tf.Tensor, target: tf.Tensor, weights: tf.Tensor, image_size: int
) -> tf.Tensor:
    """Mean distance of projected keypoints, L_KA (Zanfir et al. 2020, §2.2).

    Args:
      keypoints_2d: `(B, K, 2)` projected keypoints, pixels.
      target: `(B, K, 2)` detected or labelled ones; anything finite where the weight is 0.
      weights: `(B, K)`, 0 of those missing.
      image_size: Side of the image, pixels.

    Returns:
      `(B,)` as a share of the image's side; 0 without keypoints. A distance counts at most as half
      the image's side: a body behind the camera must not outweigh all others.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("keypoints_2d", keypoints_2d, ("batch", "keypoints", 2))
    checks.shape("target", target, ("batch", keypoints_2d.shape[1], 2))
    checks.shape("weights", weights, ("batch", keypoints_2d.shape[1]))
    return robust_keypoint_loss(
        keypoints_2d - target,
        weights,
        lambda squares: robust_kernels.capped_distance(squares, image_size),
    )


def robust_keypoint_loss(
    offsets: tf.Tensor, weights: tf.Tensor, kernel: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Weighted mean penalty of keypoints, L_KA (Zanfir et al. 2020, §2.2) with any robust kernel.

    Training uses capped distances (`keypoint_loss`), fits squared distances or Geman-McClure's.

    Args:
      offsets: `(..., K, 2)` from observed to projected keypoints, pixels; anything finite where the
        weight is 0.
      weights: `(..., K)`, 0 of those missing.
      kernel: Maps squared distances to penalties; see `robust_kernels`.

    Returns:
      `(...)`; 0 without keypoints.
    """
    penalties = kernel(tf.reduce_sum(tf.square(offsets), axis=-1))
    penalties = tf.where(weights > 0.0, penalties, 0.0)
    return tf.math.divide_no_nan(
        tf.reduce_sum(weights * penalties, axis=-1), tf.reduce_sum(weights, axis=-1)
    )


def heatmap_loss(
    logits: tf.Tensor, keypoints_2d: tf.Tensor, weights: tf.Tensor, stride: int, spread: float
) -> tf.Tensor:
    """Cross-entropy of heatmaps and Gaussians around the keypoints.

    Args:
      logits: `(B, H, W, K)`; their softmax over the pixels is the heatmap.
      keypoints_2d: `(B, K, 2)` labelled keypoints, pixels of the image.
      weights: `(B, K)`, 0 of those not labelled. One outside the map counts as not labelled.
      stride: Pixels of the image to one of the map.
      spread: Standard deviation of the Gaussian, pixels of the map.

    Returns:
      `(B,)` nats above the target's own entropy; 0 without keypoints.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("logits", logits, ("batch", "height", "width", "keypoints"))
    _, height, width, count = logits.shape
    checks.shape("keypoints_2d", keypoints_2d, ("batch", count, 2))
    checks.shape("weights", weights, ("batch", count))
    places = (keypoints_2d + 0.5) / stride - 0.5
    is_inside = tf.reduce_all(
        (places > -0.5) & (places < tf.constant([width, height], tf.float32) - 0.5), axis=-1
    )
    weights = tf.where(is_inside, weights, 0.0)
    places = tf.where(is_inside[..., tf.newaxis], places, 0.0)
    across = tf.nn.log_softmax(_gaussian(places[..., 0], width, spread))
    down = tf.nn.log_softmax(_gaussian(places[..., 1], height, spread))
    flat = tf.reshape(tf.cast(logits, tf.float32), (-1, height * width, count))
    likely = tf.reshape(tf.nn.log_softmax(flat, axis=1), (-1, height, width, count))
    crossed = -tf.einsum("bhwk,bkh,bkw->bk", likely, tf.exp(down), tf.exp(across))
    entropy = -tf.reduce_sum(tf.exp(down) * down, -1) - tf.reduce_sum(tf.exp(across) * across, -1)
    return tf.math.divide_no_nan(
        tf.reduce_sum(weights * (crossed - entropy), axis=1), tf.reduce_sum(weights, axis=1)
    )


def _gaussian(centres: tf.Tensor, size: int, spread: float) -> tf.Tensor:
    """Log of a Gaussian, up to a constant, at the pixels: (B, K) to (B, K, size)."""
    pixels = tf.range(size, dtype=tf.float32)
    return -0.5 * tf.square((pixels - centres[..., tf.newaxis]) / spread)
