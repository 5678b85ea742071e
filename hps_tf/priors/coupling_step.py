"""The RealNVP coupling step."""

import keras
import tensorflow as tf

from hps_tf.priors.grouped_dense import GroupedDense
from hps_tf.priors.step import Step

#: Where a conditioner's inputs saturate, in whitened units.
CLIP = 4.0
#: The bound of |log_scale|.
MAX_LOG_SCALE = 2.0


class CouplingStep(Step):
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
    """

    def __init__(
        self,
        dim: int,
        num_fixed: int,
        hidden_units: tuple[int, ...],
        groups: int = 1,
        backwards: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dim = dim
        self.groups = groups
        self.num_fixed = num_fixed
        self.backwards = backwards
        self.hidden = [GroupedDense(groups, units, activation="silu") for units in hidden_units]
        self.dropout = keras.layers.Dropout(dropout)
        self.head = GroupedDense(groups, 2 * (dim // groups - num_fixed), zero=True)

    def build(self, input_shape=None):
        """Creates the weights."""
        width = self.num_fixed
        for layer in (*self.hidden, self.head):
            layer.build((self.groups, width, None))
            width = layer.units

    def shift_and_log_scale(
        self, fixed: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The conditioner.

        Args:
          fixed: `(groups, num_fixed, N)`.
          training: Whether dropout is on.

        Returns:
          Shift and log-scale, both `(groups, D / groups - num_fixed, N)`.
        """
        features = CLIP * tf.tanh(fixed / CLIP)
        for layer in self.hidden:
            features = self.dropout(layer(features), training=training)
        # In mixed precision the network alone computes in the lower one.
        output = tf.cast(self.head(features), fixed.dtype)
        shift, log_scale = tf.split(output, 2, axis=1)
        return shift, MAX_LOG_SCALE * tf.tanh(log_scale / MAX_LOG_SCALE)

    def inverse_and_log_det(self, x, training=False):
        """See `Step.inverse_and_log_det`."""
        fixed, moved = self._split(x)
        shift, log_scale = self.shift_and_log_scale(fixed, training)
        z = self._join(fixed, (moved - shift) * tf.exp(-log_scale))
        return z, -tf.reduce_sum(log_scale, axis=(0, 1))

    def forward(self, z):
        """See `Step.forward`."""
        fixed, moved = self._split(z)
        shift, log_scale = self.shift_and_log_scale(fixed)
        return self._join(fixed, moved * tf.exp(log_scale) + shift)

    def _split(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What passes unchanged and what is moved, each `(groups, ..., N)`."""
        num_moved = x.shape[1] - self.num_fixed
        if self.backwards:
            moved, fixed = tf.split(x, [num_moved, self.num_fixed], axis=1)
        else:
            fixed, moved = tf.split(x, [self.num_fixed, num_moved], axis=1)
        return fixed, moved

    def _join(self, fixed: tf.Tensor, moved: tf.Tensor) -> tf.Tensor:
        return tf.concat((moved, fixed) if self.backwards else (fixed, moved), axis=1)
