"""The parametric rectifier step of the light prior."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class PReLUStep(keras.layers.Layer):
    """An invertible parametric ReLU, one slope a dimension (Zanfir et al. 2020, section 2.1).

    In the density direction z = x where x >= 0 and exp(log_slope) * x elsewhere; the slope is
    positive, so the step is invertible.

    Args:
      dim: The number of dimensions D.
      log_slope: Where every log-slope starts; 0 is the identity.
    """

    def __init__(self, dim: int, log_slope: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.initial_log_slope = log_slope

    def build(self, input_shape=None):
        """Creates the weights."""
        self.log_slope = self.add_weight(
            name="log_slope",
            shape=(self.dim,),
            initializer=keras.initializers.Constant(self.initial_log_slope),
        )

    def bijector(self, training: bool = False) -> tfb.Bijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        return _PReLUBijector(self.log_slope.value)


class _PReLUBijector(tfb.Bijector):
    def __init__(self, log_slope):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1, dtype=log_slope.dtype, parameters=parameters, name="prelu"
        )
        self._log_slope = log_slope

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _inverse(self, x):
        return tf.where(x < 0, x * tf.exp(self._log_slope), x)

    def _forward(self, z):
        return tf.where(z < 0, z * tf.exp(-self._log_slope), z)

    def _inverse_log_det_jacobian(self, x):
        # The sign of x is the sign of z: the slope is positive.
        return tf.reduce_sum(tf.where(x < 0, self._log_slope, 0.0), axis=-1)
