"""The parametric rectifier step of the light prior."""

import keras
import tensorflow as tf
from tensorflow_probability import bijectors as tfb


class PReLUStep(keras.layers.Layer):
    """An invertible parametric ReLU with a rounded corner (Zanfir et al. 2020, section 2.1).

    In the density direction, with slope = exp(log_slope) and radius = exp(log_radius) for each
    dimension,

      z = (1 + slope) / 2 * x + (1 - slope) / 2 * (sqrt(x^2 + radius^2) - radius),

    a branch of a hyperbola: slope 1 far right, `slope` far left, z(0) = 0, and its inverse is a
    branch of a hyperbola too. As the radius tends to 0 it is the PReLU.

    The corner is rounded because a sharp one cannot be trained by maximum likelihood: the density
    then jumps where x = 0, and differentiating its logarithm misses what moves across the jump, so
    that the loss climbs along its own negative "gradient".

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
        self.log_radius = self.add_weight(name="log_radius", shape=(self.dim,), initializer="zeros")

    def bijector(self, training: bool = False) -> tfb.Bijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        return _PReLUBijector(self.log_slope.value, self.log_radius.value)


class _PReLUBijector(tfb.Bijector):
    def __init__(self, log_slope, log_radius):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1, dtype=log_slope.dtype, parameters=parameters, name="prelu"
        )
        self._slope, self._radius = tf.exp(log_slope), tf.exp(log_radius)
        self._mean = 0.5 * (1.0 + self._slope)
        self._bend = 0.5 * (1.0 - self._slope)

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _inverse(self, x):
        arc = tf.sqrt(tf.square(x) + tf.square(self._radius))
        return self._mean * x + self._bend * (arc - self._radius)

    def _forward(self, z):
        # The quadratic equation that squaring the arc leaves; z is first moved to its centre.
        z = z + self._bend * self._radius
        arc = tf.sqrt(tf.square(z) + self._slope * tf.square(self._radius))
        return (self._mean * z - self._bend * arc) / self._slope

    def _inverse_log_det_jacobian(self, x):
        arc = tf.sqrt(tf.square(x) + tf.square(self._radius))
        return tf.reduce_sum(tf.math.log(self._mean + self._bend * x / arc), axis=-1)
