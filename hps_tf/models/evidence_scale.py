"""Heatmaps and part maps at the scale of features.

Both are nearly zero nearly everywhere: their standard deviation is about 0.05, and a stack of
convolutions that keeps the scale of its input hands so little of them to its last layer that this
one learns its bias first. Only networks with `residual` options bring them to about 1.
"""

import math

import keras
import numpy as np

from hps_tf.models.presets import NetworkOptions

HEATMAP_SPREAD = 1.0
"""Standard deviation of a heatmap's peak, in pixels of the map."""

_PART_MAPS_SCALE = 10.0
"""People in crops cover a tenth to a fifth of the image, in 14 parts."""


def heatmaps(x: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    """Brings heatmaps `(B, h, h, 17)`, peaks of height 1, to a root mean square of 1."""
    if not options.residual:
        return x
    return x * (options.map_size / (math.sqrt(math.pi) * HEATMAP_SPREAD))


def part_maps(x: keras.KerasTensor, options: NetworkOptions) -> keras.KerasTensor:
    """Brings probabilities of the labels `(B, h, h, 15)` near to it, 0 where nobody is."""
    if not options.residual:
        return x
    nobody = np.zeros(x.shape[-1], np.float32)
    nobody[0] = 1.0
    return (x - nobody) * _PART_MAPS_SCALE
