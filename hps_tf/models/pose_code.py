"""Meaning of a network's pose vectors: latents of its prior, or offsets from its likeliest pose."""

import numpy as np
import tensorflow as tf

from hps_tf.models.presets import LATENT
from hps_tf.priors import pose_space
from hps_tf.priors.prior import PosePrior


class PoseCode:
    """Decodes pose vectors into rotations.

    Args:
      output: ``"latent"``, or the name of a pose space.
      prior: Whose latents the vectors are, or whose most likely pose a vector of zero means.

    Attributes:
      output: The same.
      prior: The same.
      dim: D, the length of a vector.
    """

    def __init__(self, output: str, prior: PosePrior):
        self.output = output
        self.prior = prior
        self.dim: int = prior.latent_dim if output == LATENT else pose_space.get(output).dim
        self._mode: np.ndarray | None = None

    @property
    def mode(self) -> np.ndarray:
        """The pose that a vector of zero means, `(D,)` in the pose space."""
        if self._mode is None:
            self._mode = likeliest_pose(self.prior, self.output)
        return self._mode

    def to_matrices(self, vector: tf.Tensor) -> tf.Tensor:
        """Turns `(B, D)` vectors into `(B, 24, 3, 3)` rotations, the root's identity."""
        if self.output == LATENT:
            return self.prior.space.to_matrices(self.prior.decode(vector))
        return pose_space.get(self.output).to_matrices(vector + self.mode)


def likeliest_pose(prior: PosePrior, space: str = "6d") -> np.ndarray:
    """Computes a prior's most likely pose, `(D,)` in a pose space."""
    # Also called while a graph is traced, where the mode must be a constant.
    with tf.init_scope():
        likely = prior.decode(tf.zeros((1, prior.latent_dim)))
        matrices = prior.space.to_matrices(likely)
        return pose_space.get(space).from_matrices(matrices)[0].numpy()
