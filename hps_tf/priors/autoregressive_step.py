"""The autoregressive steps of MAF and IAF, to compare the prior with."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from hps_tf.priors.fresh_bijector import FreshBijector


class AutoregressiveStep(keras.layers.Layer):
    """A masked autoregressive step (Papamakarios et al. 2017) or its inverse (Kingma et al. 2016).

    As MAF, evaluating a density is one network pass and sampling D of them; as IAF the other way
    round. The network is a MADE (Germain et al. 2015). Starts as the identity.

    Args:
      dim: The number of dimensions D.
      hidden_units: Width of each hidden layer of the network.
      inverse: Whether the step is that of IAF.
      backwards: Whether the last dimension comes first in the order.
      clip: Where the network's inputs saturate, in whitened units.
      max_log_scale: Bound of |log_scale|.
    """

    def __init__(
        self,
        dim: int,
        hidden_units: tuple[int, ...],
        inverse: bool = False,
        backwards: bool = False,
        clip: float = 4.0,
        max_log_scale: float = 2.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dim = dim
        self.hidden_units = tuple(hidden_units)
        self.inverse = inverse
        self.clip = clip
        self.max_log_scale = max_log_scale
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
        """The network: `(..., D)` to two `(..., D)`, each output seeing the inputs before it."""
        features = self.clip * tf.tanh(x / self.clip)
        for index, (kernel, bias, mask) in enumerate(
            zip(self.kernels, self.biases, self.masks, strict=True)
        ):
            features = tf.tensordot(features, kernel.value * mask, axes=1) + bias
            if index < len(self.masks) - 1:
                features = tf.nn.silu(features)
        shift, log_scale = tf.split(features, 2, axis=-1)
        return shift, self.max_log_scale * tf.tanh(log_scale / self.max_log_scale)

    def bijector(self, training: bool = False) -> FreshBijector:
        """The map from this step's output in the density direction back to its input."""
        del training  # The step has no randomness.
        flow = tfb.MaskedAutoregressiveFlow(self.shift_and_log_scale)
        step = tfb.Invert(flow) if self.inverse else flow
        return FreshBijector([step], name="autoregressive")


def _made_masks(dim: int, hidden_units: tuple[int, ...], backwards: bool) -> list[np.ndarray]:
    """The 0/1 kernels that let an output see only the inputs before it in the order."""
    inputs = np.arange(dim)[::-1] if backwards else np.arange(dim)
    degrees = [inputs] + [np.arange(units) % (dim - 1) for units in hidden_units]
    masks = [before[:, None] <= after[None] for before, after in itertools.pairwise(degrees)]
    output = degrees[-1][:, None] < inputs[None]
    masks.append(np.concatenate([output, output], axis=1))
    return [mask.astype(np.float32) for mask in masks]
