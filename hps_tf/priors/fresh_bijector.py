"""Views of flows as bijectors and distributions of TFP that compute every answer.

TFP's bijectors remember which tensor they made of which. Asked for the inverse of a tensor that a
bijector of equal parameters made, they return the tensor that it was made of: with the value of
before its weights changed, without a gradient with respect to what was asked for, and in another
replica without a gradient at all.
"""

from collections.abc import Callable

import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd


class FreshBijector(tfb.Bijector):
    """A bijector of vectors given by its two directions; no call is answered from memory.

    Args:
      forward: Maps `(N, D)` to `(N, D)`.
      inverse_and_log_det: Maps `(N, D)` back to `(N, D)`, with the logarithm of the Jacobian's
        determinant, `(N,)` or `()`.
      dtype: Of the vectors.
      name: Its name.
    """

    def __init__(
        self,
        forward: Callable[[tf.Tensor], tf.Tensor],
        inverse_and_log_det: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
        dtype: tf.DType,
        name: str,
    ):
        # Without parameters two of them are never equal, which costs TFP no look at their weights.
        super().__init__(
            forward_min_event_ndims=1, dtype=tf.as_dtype(dtype), parameters=None, name=name
        )
        self._map, self._map_back = forward, inverse_and_log_det

    def forward(self, x, name="forward", **kwargs):
        """See `tfb.Bijector.forward`."""
        return super().forward(self._copy(x), name, **kwargs)

    def inverse(self, y, name="inverse", **kwargs):
        """See `tfb.Bijector.inverse`."""
        return super().inverse(self._copy(y), name, **kwargs)

    def forward_log_det_jacobian(
        self, x, event_ndims=None, name="forward_log_det_jacobian", **kwargs
    ):
        """See `tfb.Bijector.forward_log_det_jacobian`."""
        return super().forward_log_det_jacobian(self._copy(x), event_ndims, name, **kwargs)

    def inverse_log_det_jacobian(
        self, y, event_ndims=None, name="inverse_log_det_jacobian", **kwargs
    ):
        """See `tfb.Bijector.inverse_log_det_jacobian`."""
        return super().inverse_log_det_jacobian(self._copy(y), event_ndims, name, **kwargs)

    def inverse_and_log_det(self, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Inverts and measures the change of volume at the cost of one pass.

        Args:
          y: `(..., D)`.

        Returns:
          The inverse `(..., D)` and the logarithm of its Jacobian's determinant, `(...)` or a
          shape that broadcasts to it.
        """
        y = self._copy(y)
        x, log_det = self._map_back(tf.reshape(y, [-1, y.shape[-1]]))
        if log_det.shape.rank:
            log_det = tf.reshape(log_det, tf.shape(y)[:-1])
        return tf.reshape(x, tf.shape(y)), log_det

    def _copy(self, x) -> tf.Tensor:
        return tf.identity(tf.cast(tf.convert_to_tensor(x, dtype_hint=self.dtype), self.dtype))

    def _forward(self, x):
        return tf.reshape(self._map(tf.reshape(x, [-1, x.shape[-1]])), tf.shape(x))

    def _inverse(self, y):
        return self.inverse_and_log_det(y)[0]

    def _inverse_log_det_jacobian(self, y):
        return self.inverse_and_log_det(y)[1]

    def _forward_log_det_jacobian(self, x):
        return -self.inverse_and_log_det(self._forward(x))[1]


class FreshDistribution(tfd.TransformedDistribution):
    """A distribution of vectors pushed through a `FreshBijector`.

    Its arguments are those of `tfd.TransformedDistribution`.
    """

    def _log_prob(self, value):
        latent, log_det = self.bijector.inverse_and_log_det(value)
        return self.distribution.log_prob(latent) + log_det
