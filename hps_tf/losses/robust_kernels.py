"""Robust kernels: penalties of squared distances that outliers do not dominate.

Each maps squared distances `(...)`, pixels², to penalties `(...)`; all are smooth, and quadratic
near 0.
"""

import tensorflow as tf

_SMALL = 0.1
"""Pixels; distances are smooth below it."""

_LARGEST = 0.5
"""Share of the image's side at which a capped distance ends."""


def capped_distance(squares: tf.Tensor, image_size: float) -> tf.Tensor:
    """The distance as a share of the image's side, at most half of it.

    A body behind the camera must not outweigh all others.
    """
    return tf.minimum(tf.sqrt(squares + _SMALL**2) / image_size, _LARGEST)


def geman_mcclure(squares: tf.Tensor, cutoff: tf.Tensor) -> tf.Tensor:
    """r² / (1 + r² / c²) of Geman & McClure (1987), which tends to the squared cutoff c²."""
    return squares / saturation(squares, cutoff)


def saturation(squares: tf.Tensor, cutoff: tf.Tensor) -> tf.Tensor:
    """1 + r² / c²: residuals divided by its square root have `geman_mcclure` as their squares."""
    return 1.0 + squares / tf.square(cutoff)


def student_t(squares: tf.Tensor, degrees: float, count: tf.Tensor) -> tf.Tensor:
    """(ν + m) / 2 log(1 + S / ν): the negative log-likelihood of Student's t distribution.

    Args:
      squares: S, the sum of m squared residuals of unit scale.
      degrees: ν; the fewer, the less is known beforehand of the residuals' scale.
      count: m.
    """
    return 0.5 * (degrees + count) * tf.math.log1p(squares / degrees)
