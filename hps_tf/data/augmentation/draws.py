"""Random numbers of an example, which depend on its own seed alone.

Convention: an example's seed is two integers. Each kind of change folds its own number into it, so
that one kind's draws stay when another's change.
"""

from collections.abc import Callable

import tensorflow as tf

# Named, because the default depends on who compiles.
_ALGORITHM = "philox"


def uniform(seeds: tf.Tensor, stream: int, count: int) -> tf.Tensor:
    """Draws numbers from 0 to 1.

    Args:
      seeds: `(B, 2)` integers.
      stream: Number of the kind of change.
      count: How many numbers an example needs.

    Returns:
      `(B, count)` float32.
    """
    return _of_each(
        seeds, stream, lambda seed: tf.random.stateless_uniform((count,), seed, alg=_ALGORITHM)
    )


def normal(seeds: tf.Tensor, stream: int, shape: tuple[int, ...]) -> tf.Tensor:
    """Draws numbers from the standard normal distribution.

    Args:
      seeds: `(B, 2)` integers.
      stream: Number of the kind of change.
      shape: Shape of what an example needs.

    Returns:
      `(B, *shape)` float32.
    """
    return _of_each(
        seeds, stream, lambda seed: tf.random.stateless_normal(shape, seed, alg=_ALGORITHM)
    )


def _of_each(seeds: tf.Tensor, stream: int, draw: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    return tf.map_fn(
        lambda seed: draw(tf.random.fold_in(seed, stream, alg=_ALGORITHM)),
        seeds,
        fn_output_signature=tf.float32,
    )


def between(uniform: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Spreads numbers from 0 to 1 over an interval."""
    return low + (high - low) * uniform


def for_chosen(
    chosen: tf.Tensor, change: Callable[..., tf.Tensor], images: tf.Tensor, *others: tf.Tensor
) -> tf.Tensor:
    """Changes some images of a batch and spares the work for the rest.

    Args:
      chosen: `(B,)` booleans.
      change: From those of `images` and `others` that are chosen to images of the same shape.
      images: `(B, ...)`.
      *others: `(B, ...)` what else `change` takes.

    Returns:
      `(B, ...)` like `images`.
    """
    rows = tf.where(chosen)
    changed = change(*(tf.gather(tensor, rows[:, 0]) for tensor in (images, *others)))
    return tf.tensor_scatter_nd_update(images, rows, changed)
