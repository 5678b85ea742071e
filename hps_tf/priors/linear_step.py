"""The trainable fully-connected layer before each flow step."""

import numpy as np
import tensorflow as tf

from hps_tf.priors.part_products import product, shifted
from hps_tf.priors.step import Step


class LinearStep(Step):
    """An invertible fully-connected layer, parametrised by its LU factors.

    In the density direction z = x @ L @ U + bias, with L unit lower triangular and U upper
    triangular with the positive diagonal exp(log_diagonal), so that the log-determinant is a sum
    and the layer stays invertible throughout training (Zanfir et al. 2020; Kingma
    and Dhariwal 2018, section 3.2). Either direction costs one matrix product, the
    sampling direction the inverse matrix besides. Starts as the identity.

    Args:
      dim: The number of dimensions D.
      groups: How many equal parts of the vector are mixed, each within itself.
    """

    def __init__(self, dim: int, groups: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.groups = groups
        self.size = dim // groups

    def build(self, input_shape=None):
        """Creates the weights."""
        self.factors = self.add_weight(
            name="factors", shape=(self.groups, self.size, self.size), initializer="zeros"
        )
        self.log_diagonal = self.add_weight(
            name="log_diagonal", shape=(self.groups, self.size), initializer="zeros"
        )
        self.bias = self.add_weight(name="bias", shape=(self.dim,), initializer="zeros")

    def inverse_and_log_det(self, x, training=False):
        """See `Step.inverse_and_log_det`."""
        del training  # The step has no randomness.
        lower, upper = self._triangles()
        z = shifted(product(lower @ upper, x), self._bias())
        return z, tf.reduce_sum(self.log_diagonal.value)

    def forward(self, z):
        """See `Step.forward`."""
        # The inverse matrix costs as much as solving for D rows, but in a loop over fixed weights,
        # as fitting is, the compiler computes it once.
        lower, upper = self._triangles()
        identity = tf.eye(self.size, batch_shape=(self.groups,), dtype=z.dtype)
        lower = tf.linalg.triangular_solve(lower, identity, lower=True)
        upper = tf.linalg.triangular_solve(upper, identity, lower=False)
        return product(upper @ lower, shifted(z, -self._bias()))

    def _bias(self) -> tf.Tensor:
        return tf.reshape(self.bias.value, [self.groups, self.size])

    def _triangles(self) -> tuple[tf.Tensor, tf.Tensor]:
        # An optimiser's step moves every entry alike; scaled so, it moves the output by as much
        # in a wide layer as in a narrow one.
        factors = self.factors.value * (1.0 / np.sqrt(self.size))
        upper = tf.linalg.band_part(factors, 0, -1)
        lower = factors - upper + np.eye(self.size, dtype=factors.dtype.as_numpy_dtype)
        return lower, tf.linalg.set_diag(upper, tf.exp(self.log_diagonal.value))
