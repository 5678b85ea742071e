"""Random numbers of examples, each from the example's own seed and nothing else."""

from collections.abc import Callable

import tensorflow as tf

# Named, because the default depends on who compiles.
_ALGORITHM = "philox"


def uniform(seeds: tf.Tensor, *shape: int) -> tf.Tensor:
    """Draws numbers from 0 to 1, `(B, *shape)` from `(B, 2)` seeds."""
    return _of_each(
        seeds, shape, lambda seed: tf.random.stateless_uniform(shape, seed, alg=_ALGORITHM)
    )


def normal(seeds: tf.Tensor, *shape: int) -> tf.Tensor:
    """Draws standard normal numbers, `(B, *shape)` from `(B, 2)` seeds; not those of `uniform`."""

    def draw(seed: tf.Tensor) -> tf.Tensor:
        seed = tf.random.fold_in(seed, 1, alg=_ALGORITHM)
        return tf.random.stateless_normal(shape, seed, alg=_ALGORITHM)

    return _of_each(seeds, shape, draw)


def _of_each(
    seeds: tf.Tensor, shape: tuple[int, ...], draw: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    drawn = tf.map_fn(draw, seeds, fn_output_signature=tf.float32)
    # Without any seeds, the map has not seen the shape.
    return tf.reshape(drawn, (-1, *shape))


def between(uniform: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Spreads numbers from 0 to 1 over an interval."""
    return low + (high - low) * uniform


def for_chosen(
    chosen: tf.Tensor, change: Callable[..., tf.Tensor], images: tf.Tensor, *others: tf.Tensor
) -> tf.Tensor:
    """Changes some images of a batch and spares the work on the rest.

    Args:
      chosen: `(B,)` booleans.
      change: Takes those rows of `images` and `others` that are chosen; returns the images changed.
      images: `(B, ...)`.
      *others: `(B, ...)`.

    Returns:
      `(B, ...)` like `images`.
    """
    rows = tf.where(chosen)
    changed = change(*(tf.gather(tensor, rows[:, 0]) for tensor in (images, *others)))
    return tf.tensor_scatter_nd_update(images, rows, changed)
