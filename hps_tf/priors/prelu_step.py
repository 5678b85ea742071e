"""The parametric rectifier step of the light prior."""

import keras
import tensorflow as tf

from hps_tf.priors.step import Step


class PReLUStep(Step):
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

    def inverse_and_log_det(self, x, training=False):
        """See `Step.inverse_and_log_det`."""
        del training  # The step has no randomness.
        log_slope, log_radius = self._parameters(x)
        slope = tf.exp(log_slope)
        mean, half = 0.5 * (1.0 + slope), 0.5 * (1.0 - slope)
        arc = tf.sqrt(tf.square(x) + tf.exp(2.0 * log_radius))
        derivative = mean + half * (x / arc)
        return mean * x + half * arc, tf.reduce_sum(tf.math.log(derivative), axis=(0, 2))

    def forward(self, z):
        """See `Step.forward`."""
        log_slope, log_radius = self._parameters(z)
        slope = tf.exp(-log_slope)
        arc = tf.sqrt(tf.square(z) + tf.exp(log_slope + 2.0 * log_radius))
        return 0.5 * (1.0 + slope) * z + 0.5 * (1.0 - slope) * arc

    def _parameters(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The weights of each dimension, in the parts that `x` has."""
        shape = [x.shape[0], 1, x.shape[-1]]
        return tf.reshape(self.log_slope.value, shape), tf.reshape(self.log_radius.value, shape)
