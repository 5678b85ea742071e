"""Fully-connected layers of separate groups."""

import math

import keras
import tensorflow as tf

from hps_tf.priors.part_products import product, shifted


class GroupedDense(keras.layers.Layer):
    """A fully-connected layer for each group of features, all in one product.

    The groups come first and the batch last, as in a `Step`.

    Args:
      groups: The number of groups G.
      units: Width of each group's output.
      activation: Name of the activation.
      zero: Whether the kernels start at zero instead of He et al.'s uniform distribution (2015).
    """

    def __init__(
        self, groups: int, units: int, activation: str = "linear", zero: bool = False, **kwargs
    ):
        super().__init__(**kwargs)
        self.groups = groups
        self.units = units
        self.activation = keras.activations.get(activation)
        self.zero = zero

    def build(self, input_shape):
        """Creates the weights for `(G, inputs, N)` features."""
        inputs = input_shape[1]
        # Keras' own initialiser would count the groups among the inputs.
        limit = 0.0 if self.zero else math.sqrt(6.0 / inputs)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.groups, inputs, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.groups, self.units), initializer="zeros"
        )

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Maps `(G, inputs, N)` to `(G, units, N)`."""
        output = product(tf.convert_to_tensor(self.kernel), features)
        return self.activation(shifted(output, tf.convert_to_tensor(self.bias)))
