"""The fixed affine map in front of a flow."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from hps_tf.priors.fresh_bijector import FreshBijector
from hps_tf.priors.grouped_dense import grouped_product


class Whitening(keras.layers.Layer):
    """Whitens poses by the principal axes of their training data, fixed during training.

    z = (x - mean) @ basis / scale, with scale^2 = the variance along each axis, noise included. A
    flow that is the identity after it is exactly the Gaussian fitted to the data, and its axes
    come sorted: the degrees of freedom that live first, those that are only noise last.

    Args:
      dim: The number of dimensions D.
      groups: How many equal parts of the vector are whitened, each by itself.
    """

    def __init__(self, dim: int, groups: int = 1, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.groups = groups
        self.size = dim // groups

    def build(self, input_shape=None):
        """Creates the weights."""
        shape = (self.groups, self.size)
        self.mean = self.add_weight(name="mean", shape=shape, initializer="zeros")
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.basis = self.add_weight(name="basis", shape=(*shape, self.size), initializer="zeros")
        self.adapt(np.zeros(self.groups * self.size), np.eye(self.groups * self.size))

    def adapt(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        """Sets the map from the data's moments.

        Args:
          mean: `(D,)`.
          covariance: `(D, D)`, of the data with its dequantisation noise.
        """
        blocks = covariance.reshape(self.groups, self.size, self.groups, self.size)
        blocks = np.einsum("gigj->gij", blocks)
        variance, basis = np.linalg.eigh(blocks.astype(np.float64))
        variance, basis = variance[:, ::-1], basis[:, :, ::-1]
        # An eigenvector's sign is arbitrary; fixing it makes runs comparable.
        largest = np.abs(basis).argmax(axis=1, keepdims=True)
        basis = basis * np.sign(np.take_along_axis(basis, largest, axis=1))
        self.mean.assign(mean.reshape(self.groups, self.size))
        self.scale.assign(np.sqrt(variance))
        self.basis.assign(basis)

    def bijector(self, training: bool = False) -> FreshBijector:
        """The map from whitened coordinates to poses."""
        del training  # The map has no randomness.
        parts = [_WhiteningBijector(self.mean.value, self.basis.value, self.scale.value)]
        return FreshBijector(parts, name="whitening")


class _WhiteningBijector(tfb.Bijector):
    def __init__(self, mean, basis, scale):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1,
            is_constant_jacobian=True,
            dtype=mean.dtype,
            parameters=parameters,
            name="whitening",
        )
        self._mean, self._basis, self._scale = mean, basis, scale

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {}

    def _forward(self, z):
        scaled = self._split(z) * self._scale
        return self._join(
            grouped_product(scaled, tf.linalg.matrix_transpose(self._basis)) + self._mean
        )

    def _inverse(self, x):
        offset = self._split(x) - self._mean
        return self._join(grouped_product(offset, self._basis) / self._scale)

    def _forward_log_det_jacobian(self, z):
        return tf.reduce_sum(tf.math.log(self._scale))

    def _split(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-1], self._scale.shape], 0))

    def _join(self, x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:-2], [-1]], 0))
