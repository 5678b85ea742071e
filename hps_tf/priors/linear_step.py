"""The trainable fully-connected layer before each flow step."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

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

    def bijector(self, training: bool = False) -> tfb.Bijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        return _LinearBijector(self.factors.value, self.log_diagonal.value, self.bias.value)


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
        # An optimiser's step moves every entry alike; scaled so, it moves the output by as much
        # in a wide layer as in a narrow one.
        factors = factors / np.sqrt(factors.shape[-1])
        lower = tf.linalg.set_diag(tf.linalg.band_part(factors, -1, 0), tf.ones_like(log_diagonal))
        upper = tf.linalg.set_diag(tf.linalg.band_part(factors, 0, -1), tf.exp(log_diagonal))
        self._lower, self._upper, self._bias = lower, upper, bias
        self._log_diagonal = log_diagonal

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _inverse(self, x):
        product = grouped_product(self._split(x), self._lower @ self._upper)
        return self._join(product) + self._bias

    def _forward(self, z):
        # The inverse matrix costs as much as solving for D rows, but in a loop over fixed weights,
        # as fitting is, the compiler computes it once.
        identity = tf.eye(self._lower.shape[-1], batch_shape=self._lower.shape[:1], dtype=z.dtype)
        lower = tf.linalg.triangular_solve(self._lower, identity, lower=True)
        upper = tf.linalg.triangular_solve(self._upper, identity, lower=False)
        return self._join(grouped_product(self._split(z - self._bias), upper @ lower))

    def _inverse_log_det_jacobian(self, x):
        return tf.reduce_sum(self._log_diagonal)

    def _split(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-1], self._log_diagonal.shape], 0))

    def _join(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-2], [-1]], 0))
