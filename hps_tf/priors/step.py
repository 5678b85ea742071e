"""Base of the steps of a flow."""

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from hps_tf.priors.fresh_bijector import FreshBijector


class Step(keras.layers.Layer):
    """An invertible map of vectors, each of G equal parts within itself.

    Tensors are `(G, N, D / G)`: with the parts first, the products of all parts with their own
    matrices are one batched product, without a transposition before and after each.

    Its density direction leads from poses to latents. A subclass gives both directions; the
    bijector of TFP is a view of them.

    Attributes:
      groups: The number of parts G.
    """

    groups = 1

    def inverse_and_log_det(
        self, x: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Maps vectors in the density direction.

        Args:
          x: `(G, N, D / G)`.
          training: Whether dropout is on.

        Returns:
          `(G, N, D / G)` and the logarithm of the Jacobian's determinant, `(N,)`, or `()` if
          constant.
        """
        raise NotImplementedError

    def forward(self, z: tf.Tensor) -> tf.Tensor:
        """Maps `(G, N, D / G)` vectors in the sampling direction, the inverse of the other."""
        raise NotImplementedError

    def bijector(self, training: bool = False) -> "FreshBijector":
        """The step as a TFP bijector, whose `forward` is the sampling direction."""
        # TensorFlow Probability takes seconds to import, and only its views need it.
        from hps_tf.priors.fresh_bijector import FreshBijector

        def forward(z: tf.Tensor) -> tf.Tensor:
            return join(self.forward(split(z, self.groups)))

        def inverse_and_log_det(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            z, log_det = self.inverse_and_log_det(split(x, self.groups), training)
            return join(z), log_det

        return FreshBijector(forward, inverse_and_log_det, self.variable_dtype, name=self.name)


def split(x: tf.Tensor, groups: int) -> tf.Tensor:
    """Splits `(N, D)` vectors into their parts, `(G, N, D / G)`."""
    if groups == 1:
        return x[tf.newaxis]
    return tf.transpose(tf.reshape(x, [-1, groups, x.shape[-1] // groups]), [1, 0, 2])


def join(parts: tf.Tensor) -> tf.Tensor:
    """Joins `(G, N, D / G)` parts to `(N, D)` vectors."""
    groups, _, size = parts.shape
    if groups == 1:
        return parts[0]
    return tf.reshape(tf.transpose(parts, [1, 0, 2]), [-1, groups * size])
