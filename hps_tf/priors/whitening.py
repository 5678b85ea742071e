"""The fixed affine map in front of a flow."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfb = tfp.bijectors


class Whitening(keras.layers.Layer):
    """Whitens poses by the principal axes of their training data, fixed during training.

    z = (x - mean) @ basis / scale, with scale^2 = the variance along each axis, noise included. A
    flow that is the identity after it is exactly the Gaussian fitted to the data, and its axes
    come sorted: the degrees of freedom that live first, those that are only noise last.

    Args:
      dim: The number of dimensions D.
    """

    def __init__(self, dim: int, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.dim = dim

    def build(self, input_shape=None):
        """Creates the weights."""
        self.mean = self.add_weight(name="mean", shape=(self.dim,), initializer="zeros")
        self.basis = self.add_weight(
            name="basis", shape=(self.dim, self.dim), initializer=keras.initializers.Identity()
        )
        self.scale = self.add_weight(name="scale", shape=(self.dim,), initializer="ones")

    def adapt(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        """Sets the map from the data's moments.

        Args:
          mean: `(D,)`.
          covariance: `(D, D)`, of the data with its dequantisation noise.
        """
        variance, basis = np.linalg.eigh(covariance.astype(np.float64))
        variance, basis = variance[::-1], basis[:, ::-1]
        # An eigenvector's sign is arbitrary; fixing it makes runs comparable.
        basis = basis * np.sign(basis[np.abs(basis).argmax(0), np.arange(self.dim)])
        self.mean.assign(mean)
        self.basis.assign(basis)
        self.scale.assign(np.sqrt(variance))

    def bijector(self, training: bool = False) -> tfb.Bijector:
        """The map from whitened coordinates to poses."""
        del training  # The step has no randomness.
        return _WhiteningBijector(self.mean.value, self.basis.value, self.scale.value)


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
        return tf.tensordot(z * self._scale, tf.transpose(self._basis), axes=1) + self._mean

    def _inverse(self, x):
        return tf.tensordot(x - self._mean, self._basis, axes=1) / self._scale

    def _forward_log_det_jacobian(self, z):
        return tf.reduce_sum(tf.math.log(self._scale))
