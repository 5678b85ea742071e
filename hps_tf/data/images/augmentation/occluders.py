"""Things in front of the person: rectangles and ellipses with a painted surface.

The part labels behind them become background. Keypoints stay labelled: where a hidden joint is can
be inferred from the rest of the body, and annotators label it, too.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from hps_tf.data.images.augmentation import draws, textures

_HALF_EXTENTS = (0.04, 0.2)
_CENTRES = (0.1, 0.9)
_SIZES = (7, textures.NUM_DRAWS)

# Of the first one, and of the second.
_PRESENCES = (1.0, 0.5)

NUM_DRAWS = len(_PRESENCES) * sum(_SIZES)


class Occluder(NamedTuple):
    """One an example; lengths are shares of the image's side.

    Attributes:
      centre: `(B, 2)` from the image's left and upper edge.
      half_extents: `(B, 2)` along its own axes.
      angle: `(B,)` from the image's to its own axes, radians.
      is_ellipse: `(B,)` booleans.
      is_there: `(B,)` booleans.
      surface: `(B, textures.NUM_DRAWS)` what `textures.paint` makes its surface of.
    """

    centre: tf.Tensor
    half_extents: tf.Tensor
    angle: tf.Tensor
    is_ellipse: tf.Tensor
    is_there: tf.Tensor
    surface: tf.Tensor


def random_occluders(uniform: tf.Tensor) -> list[Occluder]:
    """Makes occluders of `(B, NUM_DRAWS)` numbers from 0 to 1, from the farthest to the nearest."""
    occluders = []
    for presence, numbers in zip(
        _PRESENCES, tf.split(uniform, len(_PRESENCES), axis=1), strict=True
    ):
        shape, surface = tf.split(numbers, _SIZES, axis=1)
        x, y, width, height, angle, kind, there = tf.unstack(shape, axis=1)
        smallest, largest = _HALF_EXTENTS
        occluders.append(
            Occluder(
                draws.between(tf.stack([x, y], axis=1), *_CENTRES),
                smallest * (largest / smallest) ** tf.stack([width, height], axis=1),
                math.pi * angle,
                kind < 0.5,
                there < presence,
                surface,
            )
        )
    return occluders


def cover_images(images: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Paints one or two occluders over every image.

    Args:
      images: `(B, N, N, 3)`.
      uniform: `(B, NUM_DRAWS)` from 0 to 1.

    Returns:
      `(B, N, N, 3)`.
    """
    size = images.shape[1]
    for occluder in random_occluders(uniform):
        surface = textures.paint(occluder.surface, size)
        images += opacity(occluder, size)[..., None] * (surface - images)
    return images


def cover_parts(part_labels: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Hides the parts behind the occluders that `cover_images` paints.

    Args:
      part_labels: `(B, M, M)` uint8.
      uniform: `(B, NUM_DRAWS)` from 0 to 1, those given to `cover_images`.

    Returns:
      `(B, M, M)` uint8.
    """
    for occluder in random_occluders(uniform):
        is_hidden = opacity(occluder, part_labels.shape[1]) > 0.5
        part_labels = tf.where(is_hidden, tf.constant(0, tf.uint8), part_labels)
    return part_labels


def opacity(occluder: Occluder, size: int) -> tf.Tensor:
    """Draws an occluder with an edge that is soft by a pixel.

    Args:
      occluder: The occluder.
      size: N.

    Returns:
      `(B, N, N)` from 0 to 1; above ½ at the pixels whose centre is inside.
    """
    centres = (tf.range(size, dtype=tf.float32) + 0.5) / size
    right = centres[None, None, :] - occluder.centre[:, :1, None]
    down = centres[None, :, None] - occluder.centre[:, 1:, None]
    cosine, sine = tf.cos(occluder.angle)[:, None, None], tf.sin(occluder.angle)[:, None, None]
    along = tf.abs(cosine * right + sine * down) / occluder.half_extents[:, :1, None]
    across = tf.abs(cosine * down - sine * right) / occluder.half_extents[:, 1:, None]
    radius = tf.where(
        occluder.is_ellipse[:, None, None],
        tf.sqrt(tf.square(along) + tf.square(across)),
        tf.maximum(along, across),
    )
    pixels = size * tf.reduce_min(occluder.half_extents, axis=1)[:, None, None]
    inside = tf.clip_by_value((1.0 - radius) * pixels + 0.5, 0.0, 1.0)
    return tf.where(occluder.is_there[:, None, None], inside, 0.0)
