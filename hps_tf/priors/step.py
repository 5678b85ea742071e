"""Base of the steps of a flow."""

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from hps_tf.priors.fresh_bijector import FreshBijector


class Step(keras.layers.Layer):
    """An invertible map of vectors, each of G equal parts within itself.

    Tensors are `(G, D / G, N)`: with the batch last, neither splitting a vector into parts nor a
    part into halves moves a number, and sums over the vector are sums of whole rows.

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
          x: `(G, D / G, N)`.
          training: Whether dropout is on.

        Returns:
          `(G, D / G, N)` and the logarithm of the Jacobian's determinant, `(N,)`, or `()` if
          constant.
        """
        raise NotImplementedError

    def forward(self, z: tf.Tensor) -> tf.Tensor:
        """Maps `(G, D / G, N)` vectors in the sampling direction, the inverse of the other."""
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
    """Splits `(N, D)` vectors into their parts, `(G, D / G, N)`."""
    return regroup(tf.transpose(x)[tf.newaxis], groups)


def join(parts: tf.Tensor) -> tf.Tensor:
    """Joins `(G, D / G, N)` parts to `(N, D)` vectors."""
    return tf.transpose(regroup(parts, 1)[0])


def regroup(parts: tf.Tensor, groups: int) -> tf.Tensor:
    """Gives `(H, D / H, N)` parts as G parts, `(G, D / G, N)`."""
    size = parts.shape[0] * parts.shape[1] // groups
    # The batch keeps its length where that is known.
    count = parts.shape[2] if parts.shape[2] is not None else tf.shape(parts)[2]
    return tf.reshape(parts, [groups, size, count])
