"""Checks of static shapes at the public entries of the library."""

from collections.abc import Sequence
from types import EllipsisType

import tensorflow as tf

Pattern = Sequence[int | str | EllipsisType | None]


def shape(name: str, tensor: tf.Tensor, pattern: Pattern) -> None:
    """Checks what is statically known of a tensor's shape.

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
            f"`{name}` must have shape {_text(pattern)}, got {_text(actual.as_list())}"
        )


def _text(axes: Pattern) -> str:
    names: dict[object, str] = {...: "...", None: "?"}
    entries = [names.get(axis, str(axis)) for axis in axes]
    return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"
