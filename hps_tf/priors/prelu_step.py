"""The parametric rectifier step of the light prior."""

import keras
import tensorflow as tf

from hps_tf.priors.part_products import spread
from hps_tf.priors.step import Step, regroup


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
        half, square_radius = self._bend(x, self.log_slope.value, 2.0 * self.log_radius.value)
        arc = tf.sqrt(tf.square(x) + square_radius)
        derivative = 1.0 + half * (x / arc - 1.0)
        return x + half * (arc - x), _log_product(derivative)

    def forward(self, z):
        """See `Step.forward`."""
        log_slope, log_radius = self.log_slope.value, self.log_radius.value
        half, square_radius = self._bend(z, -log_slope, log_slope + 2.0 * log_radius)
        return z + half * (tf.sqrt(tf.square(z) + square_radius) - z)

    def _bend(
        self, x: tf.Tensor, log_slope: tf.Tensor, log_square_radius: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(1 - slope) / 2 and radius^2 of each dimension, in the shape of `x`."""
        shape = x.shape[:2]
        half = tf.reshape(0.5 - 0.5 * tf.exp(log_slope), shape)
        return spread(half, x), spread(tf.reshape(tf.exp(log_square_radius), shape), x)


def _log_product(derivative: tf.Tensor) -> tf.Tensor:
    """Sums the logarithms of `(G, D / G, N)` numbers over the first two axes."""
    rows = regroup(derivative, 1)[0]
    if rows.shape[0] % 3 == 0:
        # A logarithm costs as much as the rest of the step, and a third as many will do.
        first, second, third = tf.split(rows, 3)
        rows = first * second * third
    return tf.reduce_sum(tf.math.log(rows), axis=0)
