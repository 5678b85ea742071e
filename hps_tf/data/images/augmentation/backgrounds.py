"""Other backgrounds behind people whose silhouette is known."""

import tensorflow as tf

from hps_tf.data.images.augmentation import textures

NUM_DRAWS = textures.NUM_DRAWS


def replace(images: tf.Tensor, part_labels: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Replaces all that is labelled background, even in front of the person.

    The edge is soft by a pixel.

    Args:
      images: `(B, N, N, 3)`.
      part_labels: `(B, N, N)`.
      uniform: `(B, NUM_DRAWS)` from 0 to 1.

    Returns:
      `(B, N, N, 3)`.
    """
    behind = textures.paint(uniform, images.shape[1])
    return behind + _opacity(part_labels)[..., None] * (images - behind)


def _opacity(part_labels: tf.Tensor) -> tf.Tensor:
    """Smooths the silhouette by (1 2 1)/4 along both axes."""
    mask = tf.pad(tf.cast(part_labels > 0, tf.float32), ((0, 0), (1, 1), (1, 1)), "SYMMETRIC")
    for _ in range(2):
        mask = mask[:, 1:] + mask[:, :-1]
        mask = mask[:, :, 1:] + mask[:, :, :-1]
    return mask / 16
