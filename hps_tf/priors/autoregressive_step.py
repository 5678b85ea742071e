"""The autoregressive steps of MAF and IAF, to compare the prior with."""

import itertools

import numpy as np
import tensorflow as tf

from hps_tf.priors.coupling_step import CLIP, MAX_LOG_SCALE
from hps_tf.priors.part_products import product, shifted
from hps_tf.priors.step import Step


class AutoregressiveStep(Step):
    """A masked autoregressive step (Papamakarios et al. 2017) or its inverse (Kingma et al. 2016).

    As MAF, evaluating a density is one network pass and sampling D of them; as IAF the other way
    round. The network is a MADE (Germain et al. 2015). Starts as the identity.

    Args:
      dim: The number of dimensions D.
      hidden_units: Width of each hidden layer of the network.
      inverse: Whether the step is that of IAF.
      backwards: Whether the last dimension comes first in the order.
    """

    def __init__(
        self,
        dim: int,
        hidden_units: tuple[int, ...],
        inverse: bool = False,
        backwards: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dim = dim
        self.hidden_units = tuple(hidden_units)
        self.inverse = inverse
        self.masks = _made_masks(dim, self.hidden_units, backwards)

    def build(self, input_shape=None):
        """Creates the weights."""
        self.kernels, self.biases = [], []
        for index, mask in enumerate(self.masks):
            last = index == len(self.masks) - 1
            self.kernels.append(
                self.add_weight(
                    name=f"kernel_{index}",
                    shape=mask.shape,
                    initializer="zeros" if last else "glorot_uniform",
                )
            )
            self.biases.append(
                self.add_weight(name=f"bias_{index}", shape=mask.shape[1:], initializer="zeros")
            )

    def shift_and_log_scale(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The network: `(1, D, N)` to two `(1, D, N)`, each output seeing the inputs before it."""
        features = CLIP * tf.tanh(x / CLIP)
        for index, (kernel, bias, mask) in enumerate(
            zip(self.kernels, self.biases, self.masks, strict=True)
        ):
            features = product((kernel.value * mask)[tf.newaxis], features)
            features = shifted(features, bias.value[tf.newaxis])
            if index < len(self.masks) - 1:
                features = tf.nn.silu(features)
        shift, log_scale = tf.split(features, 2, axis=1)
        return shift, MAX_LOG_SCALE * tf.tanh(log_scale / MAX_LOG_SCALE)

    def inverse_and_log_det(self, x, training=False):
        """See `Step.inverse_and_log_det`."""
        del training  # The step has no randomness.
        if self.inverse:
            z = self._in_order(x)
            return z, tf.reduce_sum(self.shift_and_log_scale(z)[1], axis=(0, 1))
        return self._at_once(x)

    def forward(self, z):
        """See `Step.forward`."""
        return self._at_once(z)[0] if self.inverse else self._in_order(z)

    def _at_once(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The direction of one network pass, with its log-determinant."""
        shift, log_scale = self.shift_and_log_scale(x)
        return (x - shift) * tf.exp(-log_scale), -tf.reduce_sum(log_scale, axis=(0, 1))

    def _in_order(self, z: tf.Tensor) -> tf.Tensor:
        """The other direction: each pass makes one more dimension right."""

        def improve(x: tf.Tensor) -> tuple[tf.Tensor]:
            shift, log_scale = self.shift_and_log_scale(x)
            return (z * tf.exp(log_scale) + shift,)

        (x,) = tf.while_loop(
            lambda _: tf.constant(True), improve, (tf.zeros_like(z),), maximum_iterations=self.dim
        )
        return x


def _made_masks(dim: int, hidden_units: tuple[int, ...], backwards: bool) -> list[np.ndarray]:
    """The 0/1 kernels that let an output see only the inputs before it in the order."""
    inputs = np.arange(dim)[::-1] if backwards else np.arange(dim)
    degrees = [inputs] + [np.arange(units) % (dim - 1) for units in hidden_units]
    masks = [before[:, None] <= after[None] for before, after in itertools.pairwise(degrees)]
    output = degrees[-1][:, None] < inputs[None]
    masks.append(np.concatenate([output, output], axis=1))
    return [mask.astype(np.float32) for mask in masks]
