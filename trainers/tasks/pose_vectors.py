"""Training data of a prior: vectors of its pose space, with dequantisation noise."""

import abc
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.priors import pose_space
from trainers import settings
from trainers.configs import base
from trainers.tasks.mocap_poses import MocapPoses, step_seed

_CHUNK = 5_000  # Poses represented at a time.

# Independent streams of random numbers from one seed.
_POSES, _NOISE, _VALIDATION, _MIXTURE = range(4)


class PoseVectors(abc.ABC):
    """Training and validation data of a prior over a D-dimensional pose space.

    Attributes:
      num_train: How many training poses there are.
      num_validation: How many validation poses there are.
      validation: `(M, D)`, all or some of them.
    """

    num_train: int
    num_validation: int
    validation: tf.Tensor

    @abc.abstractmethod
    def batch(self, step: tf.Tensor) -> tf.Tensor:
        """Gives the `(B, D)` training vectors of a step, a pure function of it."""

    @abc.abstractmethod
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Gives mean `(D,)` and covariance `(D, D)` of the training vectors."""

    @abc.abstractmethod
    def some(self, count: int) -> np.ndarray:
        """Gives the training vectors of at most `count` poses, spread over all of them."""

    @abc.abstractmethod
    def description(self) -> dict[str, Any]:
        """Tells where the data came from, for the prior's card."""


class MocapVectors(PoseVectors):
    """Poses of prepared motion capture.

    Args:
      config: The resolved config of a prior.

    Raises:
      InputError: If the data cannot be used.
    """

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        self._space = pose_space.get(config.prior.space)
        self._poses = MocapPoses(config)
        self.num_train, self.num_validation = len(self._poses.train), self._poses.num_validation
        x = self._space.from_pose(self._poses.validation)
        self.validation = self._noisy(x, step_seed(config, _VALIDATION))

    def batch(self, step: tf.Tensor) -> tf.Tensor:
        """Draws poses, balanced and augmented."""
        matrices = self._poses.matrices(step_seed(self._config, _POSES, step))
        x = self._space.from_matrices(matrices)
        return self._noisy(x, step_seed(self._config, _NOISE, step))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Gives the moments of all poses, each as often as it was recorded."""
        dim = self._space.dim
        count, total, products = 0, np.zeros(dim), np.zeros((dim, dim))
        for start in range(0, self.num_train, _CHUNK):
            x = self._features(self._poses.train[start : start + _CHUNK]).astype(np.float64)
            count, total, products = count + len(x), total + x.sum(0), products + x.T @ x
        mean = total / count
        noise = self._config.prior.sigma**2 * np.eye(dim)
        return mean, products / count - np.outer(mean, mean) + noise

    def some(self, count: int) -> np.ndarray:
        """Gives poses as they were recorded, and their mirror images if trained on."""
        subset = evenly_spaced(self._poses.train, count)
        return self._noisy(
            tf.constant(self._features(subset)), step_seed(self._config, _MIXTURE)
        ).numpy()

    def description(self) -> dict[str, Any]:
        """Gives the settings, of the directories their names alone."""
        return self._poses.description()

    def _features(self, poses: np.ndarray) -> np.ndarray:
        """`(N, 24, 3)` poses, and their mirror images if trained on, as `(N or 2 N, D)`."""
        images = self._poses.with_mirror_images(poses)
        return np.concatenate([self._space.from_pose(image) for image in images])

    def _noisy(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Adds the dequantisation noise."""
        return x + self._config.prior.sigma * tf.random.stateless_normal(x.shape, seed)


def _check_settings(config: ConfigDict) -> None:
    reference = base.prior(config.prior.preset, config.prior.space)
    settings.check_like(config, ConfigDict({"data": reference.data}))
    if not config.data.mixture_poses > 0:
        count = config.data.mixture_poses
        raise InputError(f"config.data.mixture_poses: expected a number above 0, received {count}")
