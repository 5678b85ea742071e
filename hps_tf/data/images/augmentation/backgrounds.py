"""Other backgrounds behind people whose silhouette is known."""

import tensorflow as tf

from hps_tf.data.images.augmentation import draws, textures

NUM_DRAWS = textures.NUM_DRAWS

_SMALLEST_CUTOUT = 0.4


def replace(
    images: tf.Tensor, part_labels: tf.Tensor, uniform: tf.Tensor, photographs: tf.Tensor | None
) -> tf.Tensor:
    """Replaces all that is labelled background, even in front of the person.

    The edge is soft by a pixel.

    Args:
      images: `(B, N, N, 3)`.
      part_labels: `(B, N, N)`.
      uniform: `(B, NUM_DRAWS)` from 0 to 1.
      photographs: `(P, H, W, 3)` uint8 to cut from, or None to paint the backgrounds.

    Returns:
      `(B, N, N, 3)`.
    """
    size = images.shape[1]
    if photographs is None:
        behind = textures.paint(uniform, size)
    else:
        behind = _cutouts(photographs, uniform, size)
    return behind + _opacity(part_labels)[..., None] * (images - behind)


def _opacity(part_labels: tf.Tensor) -> tf.Tensor:
    """Smooths the silhouette by (1 2 1)/4 along both axes."""
    mask = tf.pad(tf.cast(part_labels > 0, tf.float32), ((0, 0), (1, 1), (1, 1)), "SYMMETRIC")
    for _ in range(2):
        mask = mask[:, 1:] + mask[:, :-1]
        mask = mask[:, :, 1:] + mask[:, :, :-1]
    return mask / 16


def _cutouts(photographs: tf.Tensor, uniform: tf.Tensor, size: int) -> tf.Tensor:
    """Cuts a square out of a photograph for each example, half of them mirrored."""
    number, side, top, left, mirrored = tf.unstack(uniform[:, :5], 5, axis=1)
    count, height, width, _ = photographs.shape
    side = draws.between(side, _SMALLEST_CUTOUT, 1.0) * (min(height, width) - 1)
    top *= height - 1 - side
    left *= width - 1 - side
    near = tf.where(mirrored < 0.5, left + side, left)
    far = tf.where(mirrored < 0.5, left, left + side)
    edges = [top / (height - 1), near / (width - 1), (top + side) / (height - 1), far / (width - 1)]
    numbers = tf.minimum(tf.cast(number * count, tf.int32), count - 1)
    cutouts = tf.image.crop_and_resize(photographs, tf.stack(edges, axis=1), numbers, (size, size))
    return cutouts / 255.0
