"""The RealNVP coupling step."""

import keras
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from hps_tf.priors.fresh_bijector import FreshBijector
from hps_tf.priors.grouped_dense import GroupedDense


class CouplingStep(keras.layers.Layer):
    """An affine coupling layer (Dinh et al. 2017; Zanfir et al. 2020, Eq. 4).

    Some coordinates, x_1, pass unchanged and set shift and scale of the others, x_2: in the
    density direction z_2 = (x_2 - shift(x_1)) * exp(-log_scale(x_1)). Starts as the identity.

    The conditioner sees x_1 softly clipped and its log-scale is bounded, so far from the data the
    step tends to an affine map instead of exploding: people the prior has never seen lie there.

    Args:
      dim: The number of dimensions D.
      num_fixed: How many of them, in each group, pass unchanged: the first ones.
      backwards: Whether it is the last ones instead.
      hidden_units: Width of each hidden layer of the conditioner, in each group.
      groups: How many equal parts of the vector are coupled, each within itself.
      dropout: Rate of dropout in the conditioner, during training.
      clip: Where the conditioner's inputs saturate, in whitened units.
      max_log_scale: Bound of |log_scale|.
    """

    def __init__(
        self,
        dim: int,
        num_fixed: int,
        hidden_units: tuple[int, ...],
        groups: int = 1,
        backwards: bool = False,
        dropout: float = 0.0,
        clip: float = 4.0,
        max_log_scale: float = 2.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dim = dim
        self.groups = groups
        self.num_fixed = num_fixed
        self.backwards = backwards
        self.clip = clip
        self.max_log_scale = max_log_scale
        self.hidden = [GroupedDense(groups, units, activation="silu") for units in hidden_units]
        self.dropout = keras.layers.Dropout(dropout)
        self.head = GroupedDense(groups, 2 * (dim // groups - num_fixed), zero=True)

    def build(self, input_shape=None):
        """Creates the weights."""
        width = self.num_fixed
        for layer in (*self.hidden, self.head):
            layer.build((None, self.groups, width))
            width = layer.units

    def shift_and_log_scale(
        self, fixed: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The conditioner.

        Args:
          fixed: `(..., groups, num_fixed)`.
          training: Whether dropout is on.

        Returns:
          Shift and log-scale, both `(..., groups, D / groups - num_fixed)`.
        """
        features = self.clip * tf.tanh(fixed / self.clip)
        for layer in self.hidden:
            features = self.dropout(layer(features), training=training)
        # In mixed precision the network alone computes in the lower one.
        output = tf.cast(self.head(features), fixed.dtype)
        shift, log_scale = tf.split(output, 2, axis=-1)
        return shift, self.max_log_scale * tf.tanh(log_scale / self.max_log_scale)

    def bijector(self, training: bool = False) -> FreshBijector:
        """The map from this step's output in the density direction back to its input."""
        coupling = tfb.RealNVP(
            num_masked=-self.num_fixed if self.backwards else self.num_fixed,
            shift_and_log_scale_fn=lambda fixed, _: self.shift_and_log_scale(fixed, training),
        )
        groups = tfb.Reshape([self.groups, self.dim // self.groups], [self.dim])
        # Without a name it would be named after its parts, and every operation of a graph after it:
        # nine tenths of an exported model were names.
        chain = tfb.Chain([tfb.Invert(groups), coupling, groups], name="coupling")
        return FreshBijector([chain], name="coupling")
