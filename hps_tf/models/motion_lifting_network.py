"""The lifting network of windows of frames, after VIBE (Kocabas et al. 2020, §3.1).

Every frame's evidence becomes features by the layers of the lifting module; two gated recurrent
layers, each of both directions, add what the other frames tell; HMR's iterative regressor makes
bodies of the sum.
"""

import dataclasses
import os

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from hps_tf.models import lifting_module
from hps_tf.models.evidence_frame import NUM_INPUTS
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions

_LAYERS = 2


@dataclasses.dataclass(frozen=True)
class MotionLiftingOptions(LiftingOptions):
    """Options of a lifting network of windows.

        options = MotionLiftingOptions(width=256, blocks=2, rounds=3, units=256, num_frames=16)

    Attributes:
      width: Units of every layer of a frame.
      blocks: Residual blocks.
      rounds: See `LiftingOptions`.
      units: Of each direction of a recurrent layer.
      num_frames: Frames of a window.

    Raises:
      ValueError: If `rounds` is below 0, or another below 1.
    """

    units: int = 256
    num_frames: int = 16

    def build(self) -> keras.Model:
        """Builds a module of these sizes: as `lifting_module.build`, with an axis of frames."""
        inputs = keras.Input((self.num_frames, NUM_INPUTS), name="evidence")
        features = lifting_module.trunk(inputs, self.width, self.blocks)
        x = features
        for index in range(1, _LAYERS + 1):
            x = _both_directions(x, self.units, f"recurrent{index}")
        # At first every frame is seen by itself.
        last = keras.layers.Dense(self.width, kernel_initializer="zeros", name="recurrent_out")
        x = last(keras.activations.relu(x))
        features = keras.layers.Add(name="in_time")([features, x])
        outputs = lifting_module.outputs(inputs, features, self.width, self.rounds)
        return keras.Model(inputs, outputs, name="motion_lifting")


class MotionLiftingNetwork(LiftingNetwork):
    """Keypoints of windows of frames to rotations, shape and log-variances.

    Rows of evidence, and of what is found, are W T frames: those of a window follow each other. A
    `Lifter` lifts windows with it, so there the number of people is a multiple of T.

        network = MotionLiftingNetwork.from_preset("runs/vibe/lifting.npz")

    Args:
      options: Sizes.
      mode: As of `LiftingNetwork`.
      card: How it was trained and what it achieves.
    """

    options: MotionLiftingOptions

    def __init__(
        self, options: MotionLiftingOptions, mode: np.ndarray, card: dict | None = None
    ) -> None:
        super().__init__(options, mode, card)

    @classmethod
    def from_preset(cls, name_or_path: str | os.PathLike[str]) -> "MotionLiftingNetwork":
        """Loads the file of a training run; none comes with the package."""
        from hps_tf.models import lifting_file  # It builds networks, so it imports this module.

        return lifting_file.read_motion(name_or_path)

    def _vectors(self, inputs: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        windows = tf.reshape(inputs, [-1, self.options.num_frames, NUM_INPUTS])
        vectors = super()._vectors(windows, training)
        return {
            name: tf.reshape(vector, [-1, vector.shape[-1]]) for name, vector in vectors.items()
        }


def _both_directions(x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
    """Concatenates what a layer finds forwards and backwards in time."""
    forward = keras.layers.GRU(units, return_sequences=True, name=f"{name}_forward")
    backward = keras.layers.GRU(
        units, return_sequences=True, go_backwards=True, name=f"{name}_backward"
    )
    return ops.concatenate([forward(x), ops.flip(backward(x), axis=1)], axis=-1)
