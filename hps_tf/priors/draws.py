"""Samples in the shape and from the seed that TFP's distributions take."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

#: What `sample` takes for a seed: a number, a pair of numbers, or None for other samples each time.
Seed: TypeAlias = int | tuple[int, int] | tf.Tensor | None


def draw(
    function: Callable[[Any, tf.Tensor], tf.Tensor], sample_shape: Any, seed: Seed
) -> tf.Tensor:
    """Draws vectors.

    Args:
      function: Draws `(n, D)` vectors, given n, a number or a scalar tensor, and a `(2,)` seed.
      sample_shape: A number, or numbers, of vectors; `()` for a single one.
      seed: See `stateless_seed`.

    Returns:
      `(*sample_shape, D)`.
    """
    lengths = tf.convert_to_tensor(sample_shape, dtype_hint=tf.int32)
    if not lengths.dtype.is_integer or (lengths.shape.rank or 0) > 1:
        raise ValueError(
            f"`sample_shape`: expected a whole number or several, received {sample_shape}"
        )
    known = tf.get_static_value(lengths)
    if known is not None:
        count: Any = int(np.prod(known))
    else:
        count = tf.reduce_prod(lengths)
    vectors = function(count, stateless_seed(seed))
    if lengths.shape.rank == 0:
        return vectors
    lengths = lengths if known is None else known
    return tf.reshape(vectors, tf.concat([lengths, [vectors.shape[-1]]], 0))


def stateless_seed(seed: Seed) -> tf.Tensor:
    """Gives a seed the `(2,)` form of `tf.random.stateless_normal`.

    Args:
      seed: A number, which always gives the same samples; two numbers, as TFP and JAX have it; or
        None for other samples at each call, which follow `tf.random.set_seed`.
    """
    if seed is None:
        return tf.random.uniform((2,), maxval=tf.int32.max, dtype=tf.int32)
    given = tf.cast(tf.convert_to_tensor(seed), tf.int32)
    if given.shape.rank == 0:
        return tf.stack([given, tf.zeros_like(given)])
    if given.shape != (2,):
        raise ValueError(f"`seed`: expected a number or two, received {seed}")
    return given
