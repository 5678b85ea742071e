"""The trainable fully-connected layer before each flow step."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from hps_tf.priors.fresh_bijector import FreshBijector
from hps_tf.priors.grouped_dense import grouped_product


class LinearStep(keras.layers.Layer):
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

    def bijector(self, training: bool = False) -> FreshBijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        parts = [_LinearBijector(self.factors.value, self.log_diagonal.value, self.bias.value)]
        return FreshBijector(parts, name="linear")


class _LinearBijector(tfb.Bijector):
    def __init__(self, factors, log_diagonal, bias):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1,
            is_constant_jacobian=True,
            dtype=bias.dtype,
            parameters=parameters,
            name="linear",
        )
        self._factors, self._log_diagonal, self._bias = factors, log_diagonal, bias

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _inverse(self, x):
        lower, upper = self._triangles()
        product = grouped_product(self._split(x), lower @ upper)
        return self._join(product) + self._bias

    def _forward(self, z):
        # The inverse matrix costs as much as solving for D rows, but in a loop over fixed weights,
        # as fitting is, the compiler computes it once.
        lower, upper = self._triangles()
        identity = tf.eye(lower.shape[-1], batch_shape=lower.shape[:1], dtype=z.dtype)
        lower = tf.linalg.triangular_solve(lower, identity, lower=True)
        upper = tf.linalg.triangular_solve(upper, identity, lower=False)
        return self._join(grouped_product(self._split(z - self._bias), upper @ lower))

    def _inverse_log_det_jacobian(self, x):
        return tf.reduce_sum(self._log_diagonal)

    def _triangles(self):
        # An optimiser's step moves every entry alike; scaled so, it moves the output by as much
        # in a wide layer as in a narrow one.
        factors = self._factors / np.sqrt(self._factors.shape[-1])
        ones = tf.ones_like(self._log_diagonal)
        lower = tf.linalg.set_diag(tf.linalg.band_part(factors, -1, 0), ones)
        diagonal = tf.exp(self._log_diagonal)
        return lower, tf.linalg.set_diag(tf.linalg.band_part(factors, 0, -1), diagonal)

    def _split(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-1], self._log_diagonal.shape], 0))

    def _join(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-2], [-1]], 0))
