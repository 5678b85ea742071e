"""Painted surfaces: smooth gradients with blotches of several sizes, in random colours."""

import tensorflow as tf

from hps_tf.data.images.augmentation import draws

# Lattices of random colours, from a gradient across the image down to blotches.
_LATTICES = (2, 5, 16)
_SIZES = [3, len(_LATTICES), *(3 * side * side for side in _LATTICES)]

NUM_DRAWS = sum(_SIZES)


def paint(uniform: tf.Tensor, size: int) -> tf.Tensor:
    """Paints images: a colour, plus interpolated lattices of colours, each in a random strength.

    Args:
      uniform: `(B, NUM_DRAWS)` from 0 to 1.
      size: N.

    Returns:
      `(B, N, N, 3)` from 0 to 1.
    """
    colour, weights, *lattices = tf.split(uniform, _SIZES, axis=1)
    image = colour[:, None, None]
    for side, weight, lattice in zip(
        _LATTICES, tf.unstack(weights, len(_LATTICES), axis=1), lattices, strict=True
    ):
        colours = draws.between(tf.reshape(lattice, (-1, side, side, 3)), -0.5, 0.5)
        image = tf.image.resize(image, (side, side)) + weight[:, None, None, None] * colours
    return tf.clip_by_value(tf.image.resize(image, (size, size)), 0.0, 1.0)
