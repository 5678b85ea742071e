"""Batches of one beside larger ones."""

import functools

import tensorflow as tf


def one_batch(*tensors: tf.Tensor) -> list[tf.Tensor]:
    """Repeats batches of one to the size of the others."""
    sizes = [tensor.shape[0] for tensor in tensors]
    if len({size for size in sizes if size not in (1, None)}) > 1:
        raise ValueError(f"arguments: expected one batch size (or 1), received {sizes}")
    # `tf.broadcast_dynamic_shape` would do, but ONNX has no such operation.
    batch = functools.reduce(
        lambda one, other: tf.where(one == 1, other, one),
        [tf.shape(tensor)[:1] for tensor in tensors],
    )
    return [
        tf.broadcast_to(tensor, tf.concat([batch, tensor.shape[1:]], axis=0)) for tensor in tensors
    ]
