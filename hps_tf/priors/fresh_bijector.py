"""Bijectors of TFP that compute every answer.

TFP's bijectors remember which tensor they made of which. Asked for the inverse of a tensor that a
bijector of equal parameters made, they give back the tensor that it was made of: with the value of
before its weights changed, without a gradient with respect to what was asked for, and in another
replica without a gradient at all.
"""

from collections.abc import Sequence

import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd


class FreshBijector(tfb.Bijector):
    """A chain of bijectors of vectors; no call is answered out of the memory of another.

    Args:
      parts: As of `tfb.Chain`: the last one is applied first. Each keeps the vectors' length.
      name: Its name.
    """

    def __init__(self, parts: Sequence[tfb.Bijector], name: str):
        # Without parameters two of them are never equal, which costs TFP no look at their weights.
        super().__init__(forward_min_event_ndims=1, dtype=tf.float32, parameters=None, name=name)
        self.parts: tuple[tfb.Bijector, ...] = ()
        for part in parts:
            self.parts += part.parts if isinstance(part, FreshBijector) else (part,)

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
        """Inverts and measures the change of volume, at the cost of one walk.

        Args:
          y: `(..., D)`.

        Returns:
          The inverse `(..., D)` and the logarithm of its Jacobian's determinant, `(...)` or a
          shape that broadcasts to it.
        """
        log_det = tf.zeros([], self.dtype)
        for part in self.parts:
            # Of one copy, so that a part whose inverse is a long loop runs it once.
            y = self._copy(y)
            log_det += part.inverse_log_det_jacobian(y, event_ndims=1)
            y = part.inverse(y)
        return y, log_det

    def _copy(self, x) -> tf.Tensor:
        return tf.identity(tf.convert_to_tensor(x, dtype_hint=self.dtype))

    def _forward(self, x):
        for part in reversed(self.parts):
            x = part.forward(self._copy(x))
        return x

    def _inverse(self, y):
        for part in self.parts:
            y = part.inverse(self._copy(y))
        return y

    def _inverse_log_det_jacobian(self, y):
        return self.inverse_and_log_det(y)[1]

    def _forward_log_det_jacobian(self, x):
        log_det = tf.zeros([], self.dtype)
        for part in reversed(self.parts):
            x = self._copy(x)
            log_det += part.forward_log_det_jacobian(x, event_ndims=1)
            x = part.forward(x)
        return log_det


class FreshDistribution(tfd.TransformedDistribution):
    """A distribution of vectors pushed through a `FreshBijector`.

    Its arguments are those of `tfd.TransformedDistribution`.
    """

    def _log_prob(self, value):
        latent, log_det = self.bijector.inverse_and_log_det(value)
        return self.distribution.log_prob(latent) + log_det
