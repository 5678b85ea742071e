"""The fixed affine map in front of a flow."""

import numpy as np
import tensorflow as tf

from hps_tf.priors.part_products import product
from hps_tf.priors.step import Step


class Whitening(Step):
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

    def inverse_and_log_det(self, x, training=False):
        """See `Step.inverse_and_log_det`."""
        del training  # The map has no randomness.
        scale = self.scale.value
        kernel = self.basis.value / scale[:, tf.newaxis]
        z = product(kernel, x - self.mean.value[..., tf.newaxis])
        return z, -tf.reduce_sum(tf.math.log(scale))

    def forward(self, z):
        """See `Step.forward`."""
        kernel = tf.linalg.matrix_transpose(self.basis.value * self.scale.value[:, tf.newaxis])
        return product(kernel, z) + self.mean.value[..., tf.newaxis]
