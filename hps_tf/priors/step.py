"""Base of the steps of a flow."""

import functools
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from hps_tf.priors.fresh_bijector import FreshBijector


class Step(keras.layers.Layer):
    """An invertible map of `(N, D)` vectors.

    Its density direction leads from poses to latents. A subclass gives both directions; the
    bijector of TFP is a view of them.
    """

    def inverse_and_log_det(
        self, x: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Maps vectors in the density direction.

        Args:
          x: `(N, D)`.
          training: Whether dropout is on.

        Returns:
          `(N, D)` and the logarithm of the Jacobian's determinant, `(N,)`, or `()` if constant.
        """
        raise NotImplementedError

    def forward(self, z: tf.Tensor) -> tf.Tensor:
        """Maps `(N, D)` vectors in the sampling direction, the inverse of the other."""
        raise NotImplementedError

    def bijector(self, training: bool = False) -> "FreshBijector":
        """The step as a TFP bijector, whose `forward` is the sampling direction."""
        # TensorFlow Probability takes seconds to import, and only its views need it.
        from hps_tf.priors.fresh_bijector import FreshBijector

        inverse = functools.partial(self.inverse_and_log_det, training=training)
        return FreshBijector(self.forward, inverse, self.variable_dtype, name=self.name)
