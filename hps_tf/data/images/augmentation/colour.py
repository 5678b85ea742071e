"""Changes of colour: what light, cameras and files do to a picture.

Convention: RGB from 0 to 1, as stored.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.data.images.augmentation import draws

# Bounds at strength 1: of an offset, of factors' logarithms, of standard deviations.
_BRIGHTNESS = 0.15
_LOG_CONTRAST = 0.3
_LOG_SATURATION = 0.5
_LOG_GAIN = 0.12
_LOG_GAMMA = 0.3
_NOISE = 0.05
_BLUR = 0.012

_GREY_SHARE = 0.1
_BLURRED_SHARE = 0.1
_NOISY_SHARE = 0.3

_GRADING_DRAWS = 8
NUM_DRAWS = _GRADING_DRAWS + 4

_LUMA = (0.299, 0.587, 0.114)
_DARKEST = 1e-4


class Grading(NamedTuple):
    """A change of colours: (colour rgb + grey luma(rgb) + offset) ** gamma.

    Attributes:
      colour: `(B, 3)`.
      grey: `(B, 3)`.
      offset: `(B,)`.
      gamma: `(B,)`.
    """

    colour: tf.Tensor
    grey: tf.Tensor
    offset: tf.Tensor
    gamma: tf.Tensor


def change(images: tf.Tensor, uniform: tf.Tensor, seeds: tf.Tensor, strength: float) -> tf.Tensor:
    """Changes brightness, contrast, saturation, the channels' gains and gamma of every image.

    A tenth becomes grey, a tenth blurred, three tenths noisy.

    Args:
      images: `(B, N, N, 3)`.
      uniform: `(B, NUM_DRAWS)` from 0 to 1.
      seeds: `(B, 2)`, for the noise.
      strength: 1 is usual.

    Returns:
      `(B, N, N, 3)` from 0 to 1.
    """
    grading = random_grading(uniform[:, :_GRADING_DRAWS], strength)
    blurred, width, noisy, noise = tf.unstack(uniform[:, _GRADING_DRAWS:], axis=1)
    width = strength * _BLUR * draws.between(width, 0.3, 1.0)
    images = draws.for_chosen(blurred < _BLURRED_SHARE, blur, images, width)
    images = grade(images, grading)
    noise *= strength * _NOISE
    return draws.for_chosen(noisy < _NOISY_SHARE, add_noise, images, noise, seeds)


def random_grading(uniform: tf.Tensor, strength: float) -> Grading:
    """Makes gradings of `(B, 8)` numbers from 0 to 1."""
    signed = strength * draws.between(uniform, -1.0, 1.0)
    brightness, contrast, saturation, gamma = tf.unstack(signed[:, :4], axis=1)
    contrast = tf.exp(_LOG_CONTRAST * contrast)
    is_grey = uniform[:, 7] < _GREY_SHARE
    saturation = tf.where(is_grey, 0.0, tf.exp(_LOG_SATURATION * saturation))[:, None]
    gains = contrast[:, None] * tf.exp(_LOG_GAIN * signed[:, 4:7])
    return Grading(
        colour=saturation * gains,
        grey=(1.0 - saturation) * gains,
        # Contrast leaves the middle grey.
        offset=0.5 * (1.0 - contrast) + _BRIGHTNESS * brightness,
        gamma=tf.exp(_LOG_GAMMA * gamma),
    )


def grade(images: tf.Tensor, grading: Grading) -> tf.Tensor:
    """Applies gradings to images `(B, N, N, 3)`."""
    size = images.shape[1]
    luma = tf.matmul(tf.reshape(images, (-1, 3)), tf.constant(_LUMA)[:, None])
    luma = tf.reshape(luma, (-1, size, size, 1))
    colour, grey, offset, gamma = (
        tf.reshape(number, (tf.shape(images)[0], 1, 1, -1)) for number in grading
    )
    graded = images * colour + (luma * grey + offset)
    # A third of the time that a power takes.
    return tf.exp(gamma * tf.math.log(tf.clip_by_value(graded, _DARKEST, 1.0)))


def blur(images: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Blurs images `(B, N, N, 3)` by Gaussians that end at the border.

    Args:
      images: `(B, N, N, 3)`.
      width: `(B,)` standard deviations as shares of the side.

    Returns:
      `(B, N, N, 3)`.
    """
    places = tf.range(images.shape[1], dtype=tf.float32) / images.shape[1]
    distances = (places[:, None] - places) / width[:, None, None]
    weights = tf.nn.softmax(-0.5 * tf.square(distances))
    return tf.einsum("bij,bjkc,blk->bilc", weights, images, weights)


def add_noise(images: tf.Tensor, deviation: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Adds normal noise of the deviations `(B,)` to images `(B, N, N, 3)`."""
    noise = draws.normal(seeds, *images.shape[1:])
    return tf.clip_by_value(images + deviation[:, None, None, None] * noise, 0.0, 1.0)
