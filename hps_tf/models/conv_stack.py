"""The large convolutions of a stage."""

import math

import keras

from hps_tf.models.standardized_conv import StandardizedConv2D


def conv_stack(
    x: keras.KerasTensor, layers: int, maps: int, kernel: int, name: str, *, residual: bool
) -> keras.KerasTensor:
    """Applies convolutions with ReLU, one after the other.

    Args:
      x: `(B, H, W, C)`.
      layers: How many.
      maps: Their channels.
      kernel: Their size.
      name: The prefix of their names.
      residual: Whether each adds to its input, where that has as many channels; the sum is scaled
        to keep the variance.

    Returns:
      `(B, H, W, maps)`.
    """
    for layer in range(1, layers + 1):
        y = StandardizedConv2D(maps, kernel, name=f"{name}conv{layer}")(x)
        x = (x + y) * math.sqrt(0.5) if residual and x.shape[-1] == maps else y
    return x
