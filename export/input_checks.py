"""Checks of requests inside the graph: a wrong one is answered with INVALID_ARGUMENT and a reason.

A server checks names and dtypes itself, but neither shapes nor values.
"""

from collections.abc import Sequence

import tensorflow as tf

from hps_tf.geometry import camera_matrix

_SUMMARIZED = 8  # Numbers of a shape, or of bad items, that a message shows.

Axes = tuple[int | None, ...]


def shaped(name: str, tensor: tf.Tensor, axes: Axes) -> tf.Tensor:
    """Gives an input whose shape is as documented.

    Args:
      name: The input's name, for the message.
      tensor: The input.
      axes: The sizes it must have; None is any, and the first axis is the batch.

    Returns:
      The tensor, of that static shape.
    """
    # What the signature says of the shape is only said: were it believed here, the checks would be
    # settled while tracing.
    received = tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=tf.TensorShape(None))
    shape = tf.shape(received)
    wanted = ", ".join("batch" if axis is None else str(axis) for axis in axes)
    message = f"`{name}`: expected shape ({wanted}), received shape"
    has_rank = _assert(tf.equal(tf.size(shape), len(axes)), message, shape)
    with tf.control_dependencies([has_rank]):
        fits = [
            tf.equal(tf.gather(shape, place), axis)
            for place, axis in enumerate(axes)
            if axis is not None
        ]
    with tf.control_dependencies([_assert(tf.reduce_all(fits), message, shape)]):
        return tf.ensure_shape(tf.identity(received), axes)


def all_items(tensor: tf.Tensor, holds: tf.Tensor, message: str) -> tf.Tensor:
    """Gives an input of which a condition holds for every item of the batch.

    Args:
      tensor: `(B, ...)` the input.
      holds: `(B,)` bool.
      message: The condition; the numbers of the items that violate it are appended.

    Returns:
      The tensor.
    """
    bad = tf.reshape(tf.where(~holds), [-1])
    with tf.control_dependencies([_assert(tf.reduce_all(holds), f"{message}; wrong items", bad)]):
        return tf.identity(tensor)


def same_batch(inputs: dict[str, tf.Tensor]) -> list[tf.Tensor]:
    """Gives inputs, by name, whose first axes are equally long."""
    sizes = tf.stack([tf.shape(tensor)[0] for tensor in inputs.values()])
    message = f"{', '.join(f'`{name}`' for name in inputs)}: expected as many items each, received"
    with tf.control_dependencies([_assert(tf.reduce_all(sizes == sizes[0]), message, sizes)]):
        return [tf.identity(tensor) for tensor in inputs.values()]


def between(name: str, number: tf.Tensor, least: int, most: int) -> tf.Tensor:
    """Gives a scalar that lies between two numbers."""
    message = f"`{name}`: expected {least} to {most}, received"
    holds = (number >= least) & (number <= most)
    with tf.control_dependencies([_assert(holds, message, number)]):
        return tf.identity(number)


def cameras(name: str, intrinsics: tf.Tensor, otherwise: str = "") -> tf.Tensor:
    """Gives `(B, 3, 3)` matrices that are intrinsics in pixels.

    Args:
      name: The input's name, for the message.
      intrinsics: The input.
      otherwise: Further forms of a matrix, for the message.
    """
    message = f"`{name}`: expected {camera_matrix.EXPECTED}{otherwise}"
    return all_items(intrinsics, camera_matrix.is_sound(intrinsics), message)


def are_finite(tensor: tf.Tensor) -> tf.Tensor:
    """Tells which items of `(B, ...)` floats are finite, `(B,)` bool."""
    return tf.reduce_all(tf.math.is_finite(tensor), axis=tuple(range(1, len(tensor.shape))))


def _assert(holds: tf.Tensor, message: str, shown: tf.Tensor) -> tf.Operation:
    data: Sequence[str | tf.Tensor] = [message, shown]
    return tf.debugging.Assert(holds, data, summarize=_SUMMARIZED)
