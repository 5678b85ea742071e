"""The parametric rectifier step of the light prior."""

from collections.abc import Callable

import keras
import tensorflow as tf

from hps_tf.priors.part_products import sum_over_batch
from hps_tf.priors.step import Step, regroup

#: With respect to x, half and square_radius.
_Gradients = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


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
        return _bend_with_log_det(x, *self._corner(x, self.log_slope.value, self.log_radius.value))

    def forward(self, z):
        """See `Step.forward`."""
        log_slope = self.log_slope.value
        log_radius = self.log_radius.value + 0.5 * log_slope
        return _bend(z, *self._corner(z, -log_slope, log_radius))

    def _corner(
        self, x: tf.Tensor, log_slope: tf.Tensor, log_radius: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(1 - slope) / 2 and radius^2 of each dimension, in the shape of `x`, for a batch."""
        shape = (*x.shape[:2], 1)
        half = 0.5 - 0.5 * tf.exp(log_slope)
        return tf.reshape(half, shape), tf.reshape(tf.exp(2.0 * log_radius), shape)


# Gradients begin from the arguments again, so that they can be differentiated once more.
@tf.custom_gradient
def _bend(
    x: tf.Tensor, half: tf.Tensor, square_radius: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], _Gradients]]:
    """Bends `(G, I, N)` coordinates at corners of `(G, I, 1)`."""

    def gradient(to_z: tf.Tensor) -> _Gradients:
        arc, cosine = _arc(x, square_radius)
        to_half, to_square = to_z * (arc - x), 0.5 * half * to_z / arc
        return to_z * _derivative(cosine, half), *_sums_over_batch(
            to_half, to_square, shape=half.shape
        )

    return x + half * (_arc(x, square_radius)[0] - x), gradient


@tf.custom_gradient
def _bend_with_log_det(
    x: tf.Tensor, half: tf.Tensor, square_radius: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[[tf.Tensor, tf.Tensor], _Gradients]]:
    """Also the sum of the logarithms of all derivatives, `(N,)`."""

    def gradient(to_z: tf.Tensor, to_log_det: tf.Tensor) -> _Gradients:
        arc, cosine = _arc(x, square_radius)
        derivative = _derivative(cosine, half)
        to_cosine = half * to_log_det / derivative
        # The derivatives of the cosine are (1 - cosine^2) / arc and -cosine / (2 arc^2).
        to_x = to_z * derivative + to_cosine * (1.0 - tf.square(cosine)) / arc
        to_half = to_z * (arc - x) + to_log_det * (cosine - 1.0) / derivative
        to_square = 0.5 * (half * to_z - to_cosine * cosine / arc) / arc
        return to_x, *_sums_over_batch(to_half, to_square, shape=half.shape)

    arc, cosine = _arc(x, square_radius)
    return (x + half * (arc - x), _log_product(_derivative(cosine, half))), gradient


def _arc(x: tf.Tensor, square_radius: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The distance from the corner, and x over it."""
    arc = tf.sqrt(tf.square(x) + square_radius)
    return arc, x / arc


def _derivative(cosine: tf.Tensor, half: tf.Tensor) -> tf.Tensor:
    return 1.0 + half * (cosine - 1.0)


def _log_product(derivative: tf.Tensor) -> tf.Tensor:
    """Sums the logarithms of `(G, D / G, N)` numbers over the first two axes."""
    rows = regroup(derivative, 1)[0]
    if rows.shape[0] % 3 == 0:
        # A logarithm costs as much as the rest of the step, and a third as many will do.
        first, second, third = tf.split(rows, 3)
        rows = first * second * third
    return tf.reduce_sum(tf.math.log(rows), axis=0)


def _sums_over_batch(*values: tf.Tensor, shape: tf.TensorShape) -> list[tf.Tensor]:
    """Sums all of `(G, I, N)` over the batch at once, each to `shape`."""
    sums = sum_over_batch(tf.stack(values), tf.TensorShape([len(values), *shape]))
    return tf.unstack(sums)
