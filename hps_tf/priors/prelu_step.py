"""The parametric rectifier step of the light prior."""

import keras
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from hps_tf.priors.fresh_bijector import FreshBijector


class PReLUStep(keras.layers.Layer):
    """An invertible parametric ReLU with a rounded corner (Zanfir et al. 2020).

    In the density direction, with slope = exp(log_slope) and radius = exp(log_radius) for each
    dimension,

      z = (1 + slope) / 2 * x + (1 - slope) / 2 * sqrt(x^2 + radius^2),

    a branch of a hyperbola: its slope is 1 far right and `slope` far left, and as the radius tends
    to 0 it is the PReLU. Its inverse is the same step of 1 / slope and sqrt(slope) * radius.

    The corner is rounded because a sharp one cannot be trained by maximum likelihood: the density
    then jumps where x = 0, and differentiating its logarithm misses what moves across the jump, so
    that the loss climbs along its own negative "gradient".

    Args:
      dim: The number of dimensions D.
      log_slope: Where every log-slope starts; 0 is the identity.
      log_radius: Where every log-radius starts.
    """

    def __init__(self, dim: int, log_slope: float = 0.0, log_radius: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.initial = {"log_slope": log_slope, "log_radius": log_radius}

    def build(self, input_shape=None):
        """Creates the weights."""
        self.log_slope, self.log_radius = (
            self.add_weight(
                name=name, shape=(self.dim,), initializer=keras.initializers.Constant(value)
            )
            for name, value in self.initial.items()
        )

    def bijector(self, training: bool = False) -> FreshBijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        parts = [_PReLUBijector(self.log_slope.value, self.log_radius.value)]
        return FreshBijector(parts, name="prelu")


class _PReLUBijector(tfb.Bijector):
    def __init__(self, log_slope, log_radius):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1, dtype=log_slope.dtype, parameters=parameters, name="prelu"
        )
        self._log_slope, self._log_radius = log_slope, log_radius

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    @property
    def _slope(self):
        return tf.exp(self._log_slope)

    @property
    def _radius(self):
        return tf.exp(self._log_radius)

    def _inverse(self, x):
        return _bent(x, self._slope, self._radius)

    def _forward(self, z):
        slope = self._slope
        return _bent(z, 1.0 / slope, tf.sqrt(slope) * self._radius)

    def _inverse_log_det_jacobian(self, x):
        steepness = x * tf.math.rsqrt(tf.square(x) + tf.square(self._radius))
        slope = self._slope
        derivative = 0.5 * (1.0 + slope) + 0.5 * (1.0 - slope) * steepness
        return tf.reduce_sum(tf.math.log(derivative), axis=-1)


def _bent(x: tf.Tensor, slope: tf.Tensor, radius: tf.Tensor) -> tf.Tensor:
    arc = tf.sqrt(tf.square(x) + tf.square(radius))
    return 0.5 * (1.0 + slope) * x + 0.5 * (1.0 - slope) * arc
