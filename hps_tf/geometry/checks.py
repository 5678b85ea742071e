"""Checks of shapes and images at the public entries of the library."""

from collections.abc import Sequence
from types import EllipsisType

import numpy as np
import tensorflow as tf

Pattern = Sequence[int | str | EllipsisType | None]

#: How far outside of 0..1 pixels may lie: filters overshoot a little.
OVERSHOOT = 0.01


def shape(name: str, tensor: tf.Tensor, pattern: Pattern) -> None:
    """Checks the static shape of a tensor.

    Args:
      name: The argument's name, for the message.
      tensor: The tensor (or array) to check.
      pattern: One entry an axis: a number is required, a string or ``None`` admits any size, and a
        leading ``...`` admits any number of batch axes.

    Raises:
      ValueError: If the shape contradicts the pattern.
    """
    actual = tf.TensorShape(tensor.shape)
    if actual.rank is None:
        return
    axes = [axis for axis in pattern if axis is not ...]
    rank_fits = actual.rank >= len(axes) if ... in pattern else actual.rank == len(axes)
    sizes = actual.as_list()[actual.rank - len(axes) :] if rank_fits else []
    fits = rank_fits and all(
        not isinstance(wanted, int) or size is None or size == wanted
        for wanted, size in zip(axes, sizes, strict=True)
    )
    if not fits:
        raise ValueError(
            f"`{name}`: expected shape {_text(pattern)}, received {_text(actual.as_list())}"
        )


def images(name: str, pixels: tf.Tensor) -> None:
    """Checks that images are floating point in 0..1.

    Their values are looked at where they are at hand; the type is checked while tracing too.

    Args:
      name: The argument's name, for the message.
      pixels: The images, an array or a tensor.

    Raises:
      ValueError: If they are of whole numbers, not finite, or of another range.
    """
    dtype = tf.as_dtype(pixels.dtype)
    if not dtype.is_floating:
        raise ValueError(
            f"`{name}`: expected floating-point values in 0..1, received {dtype.name}; divide"
            " pixels of 0 to 255"
            " by 255"
        )
    # Arrays and eager tensors have values; tensors of a graph and of Keras have none yet.
    if not isinstance(pixels, np.ndarray | tf.__internal__.EagerTensor):
        return
    values = np.asarray(pixels)
    # Comparisons with what is not a number are false.
    if values.size and not (values.min() >= -OVERSHOOT and values.max() <= 1.0 + OVERSHOOT):
        raise ValueError(
            f"`{name}`: expected values in 0..1, received {values.min():.4g} to"
            f" {values.max():.4g}; divide pixels"
            " of 0 to 255 by 255"
        )


def _text(axes: Pattern) -> str:
    names: dict[object, str] = {...: "...", None: "?"}
    entries = [names.get(axis, str(axis)) for axis in axes]
    return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"
