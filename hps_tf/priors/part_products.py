"""Products of the parts of vectors with matrices, and their sums with weights.

The batch is the last axis. XLA computes products of many small matrices on the CPU one by one, at a
twentieth of the rate of a large one, and sums over the last axis in scalar code where it fuses the
terms. Both are written here in forms that it computes with vector instructions.

Gradients are given, not derived: where the length of the batch is unknown, TensorFlow derives that
of one product with ten operations that ask for shapes, and tracing each of them costs time.
"""

import numpy as np
import tensorflow as tf

#: The most entries of a column for which a product is written out in its terms.
_SMALL = 6
#: The widest matrix in which the outer products of neighbouring parts are computed together.
_WIDEST = 24


def product(kernel: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Multiplies each part by a matrix of its own: y = kernelᵀ x.

    Args:
      kernel: `(G, I, O)`.
      x: `(G, I, N)`.

    Returns:
      `(G, O, N)`.
    """
    groups, inputs, outputs = kernel.shape
    if groups > 1 and inputs == outputs <= _SMALL:
        return _small_product(kernel, x)
    return tf.matmul(kernel, x, transpose_a=True)


@tf.custom_gradient
def shifted(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Adds `(G, I)` weights to each column of `(G, I, N)` parts."""

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return upstream, sum_over_batch(upstream, weights.shape)

    return x + tf.expand_dims(weights, -1), gradient


def sum_over_batch(x: tf.Tensor, shape: tf.TensorShape) -> tf.Tensor:
    """Sums `(..., N)` numbers over the last axis.

    Args:
      x: `(..., N)`, of a shape that may be unknown while TensorFlow traces a derivative.
      shape: That of the sums.
    """
    rows = tf.reshape(x, [shape.num_elements(), -1])
    # A product with ones is summed with vector instructions.
    ones = tf.ones_like(rows[:1])
    return tf.reshape(tf.matmul(rows, ones, transpose_b=True), shape)


@tf.custom_gradient
def _small_product(kernel: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        back = tf.reduce_sum(tf.expand_dims(kernel, 3) * tf.expand_dims(upstream, 1), axis=2)
        return _outer_products(x, upstream), back

    return tf.reduce_sum(tf.expand_dims(kernel, 3) * tf.expand_dims(x, 2), axis=1), gradient


def _outer_products(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Sums x yᵀ over the batch: `(G, S, N)` twice to `(G, S, S)`.

    Those of neighbouring parts are the blocks on the diagonal of one larger product.
    """
    groups, size, _ = x.shape
    together = max(n for n in range(1, groups + 1) if groups % n == 0 and n * size <= _WIDEST)
    if together == 1:
        return tf.matmul(x, y, transpose_b=True)
    width = together * size
    x, y = (tf.reshape(value, [groups // together, width, -1]) for value in (x, y))
    blocks = tf.reshape(tf.matmul(x, y, transpose_b=True), [-1, together, size, together, size])
    own = np.eye(together, dtype=x.dtype.as_numpy_dtype)[:, np.newaxis, :, np.newaxis]
    return tf.reshape(tf.reduce_sum(blocks * own, axis=3), [groups, size, size])
