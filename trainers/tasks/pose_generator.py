"""The discriminators' adversary."""

import keras
import tensorflow as tf

from hps_tf.priors.pose_space import SIX_D


class PoseGenerator(keras.Model):
    """Makes poses of noise, to deceive a discriminator: two hidden layers, 6D, rotations.

    Args:
      latent_dim: The number of dimensions L of the noise.
      hidden_units: Width of the hidden layers.
    """

    def __init__(self, latent_dim: int, hidden_units: int):
        super().__init__(name="generator")
        self.hidden = [keras.layers.Dense(hidden_units, "relu") for _ in range(2)]
        self.last = keras.layers.Dense(SIX_D.dim)
        width = latent_dim
        for layer in (*self.hidden, self.last):
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(self, noise):
        """Maps `(B, L)` noise to `(B, 24, 3, 3)` rotation matrices."""
        features = noise
        for layer in self.hidden:
            features = layer(features)
        return SIX_D.to_matrices(tf.cast(self.last(features), tf.float32))
