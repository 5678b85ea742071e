"""Trains a pose prior by maximum likelihood."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.body.mirror import mirror_pose
from hps_tf.errors import InputError
from hps_tf.geometry import quaternion
from hps_tf.priors import GaussianMixture, PosePrior, pose_space
from hps_tf.priors.presets import PRESETS
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks import pose_data
from trainers.tasks.pose_data import PoseData
from trainers.tasks.pose_sampler import PoseSampler

_VALIDATION_POSES = 20_000  # At most, spread over all validation poses.
_CHUNK = 5_000  # Poses evaluated at a time.

# Independent streams of random numbers from one seed.
_POSES, _NOISE, _VALIDATION, _MIXTURE = range(4)


class PriorTask(Task):
    """A flow over body poses; the loss is the negative log-likelihood in nats."""

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        self._space = pose_space.get(config.prior.space)
        data = self._read_data()
        self._num_validation = len(data.validation)
        self._train = data.train
        self._sampler = PoseSampler(data, config.data)
        subset = pose_data.evenly_spaced(data.validation, _VALIDATION_POSES)
        self._validation = self._noisy(self._space.from_pose(subset), self._seed(_VALIDATION))
        self._gaussian = self._fit_gaussian()

    def _read_data(self) -> PoseData:
        return pose_data.read(self._config.data.path.split(","))

    def build(self) -> PosePrior:
        """Creates the prior, at first the Gaussian of the training data."""
        settings = self._config.prior
        self._prior = PosePrior(
            self._space, settings.sigma, settings.preset, **settings.options.to_dict()
        )
        mean, noisy_covariance = self._gaussian.means[0], self._gaussian.covariances[0]
        self._prior.adapt(mean, noisy_covariance - settings.sigma**2 * np.eye(self._space.dim))
        return self._prior

    def batch(self, step: tf.Tensor) -> Batch:
        """Gives noisy poses as `(batch, D)` vectors."""
        pose = self._sampler.sample(self._config.batch_size, self._seed(_POSES, step))
        x = self._space.from_matrices(quaternion.to_matrix(pose))
        return {"x": self._noisy(x, self._seed(_NOISE, step))}

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes -log p(x)."""
        nll = -self._prior.log_prob(batch["x"], training=True)
        return nll, {"nll_per_dim": nll / self._space.dim}

    def validate(self) -> dict[str, float]:
        """Gives the mean negative log-likelihood of people not trained on."""
        return self._negative_log_likelihood(self._prior, self._validation)

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the prior, with the reference densities of the same data, as prior.npz."""
        self._prior.references = {"gaussian": self._gaussian, "gmm8": self._fit_mixture()}
        figures = {"prior": self.validate()}
        for name, reference in self._prior.references.items():
            figures[name] = self._negative_log_likelihood(reference, self._validation)
        summary = {
            "train_poses": len(self._train),
            "validation_poses": self._num_validation,
            "num_parameters": self._prior.num_parameters,
            "sigma": self._prior.sigma,
            "validation": figures,
        }
        self._prior.card = {"config": self._config_without_places(), **summary}
        self._prior.save(workdir / "prior.npz")
        return summary

    def _noisy(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Adds the dequantisation noise."""
        return x + self._config.prior.sigma * tf.random.stateless_normal(x.shape, seed)

    def _seed(self, stream: int, step: tf.Tensor | int = 0) -> tf.Tensor:
        seed = tf.constant([self._config.seed, stream], tf.int64)
        return tf.random.experimental.stateless_fold_in(seed, tf.cast(step, tf.int64))

    def _negative_log_likelihood(
        self, density: PosePrior | GaussianMixture, x: tf.Tensor
    ) -> dict[str, float]:
        chunks = [x[start : start + _CHUNK] for start in range(0, len(x), _CHUNK)]
        nll = -float(np.mean(np.concatenate([density.log_prob(chunk) for chunk in chunks])))
        return {"loss": nll, "nll_per_dim": nll / self._space.dim}

    def _features(self, poses: np.ndarray) -> np.ndarray:
        """`(N, 24, 3)` poses, and their mirror images if trained on, as `(N or 2 N, D)`."""
        images = [poses, mirror_pose(poses)] if self._config.data.mirror else [poses]
        return np.concatenate([self._space.from_pose(image) for image in images])

    def _fit_gaussian(self) -> GaussianMixture:
        """The Gaussian with the moments of all training poses, noise included."""
        count, total = 0, np.zeros(self._space.dim)
        products = np.zeros((self._space.dim, self._space.dim))
        for start in range(0, len(self._train), _CHUNK):
            x = self._features(self._train[start : start + _CHUNK]).astype(np.float64)
            count, total, products = count + len(x), total + x.sum(0), products + x.T @ x
        mean = total / count
        noise = self._config.prior.sigma**2 * np.eye(self._space.dim)
        return GaussianMixture.gaussian(mean, products / count - np.outer(mean, mean) + noise)

    def _fit_mixture(self) -> GaussianMixture:
        """The mixture of 8 Gaussians of the training poses, noise included."""
        subset = pose_data.evenly_spaced(self._train, self._config.data.mixture_poses)
        x = self._noisy(tf.constant(self._features(subset)), self._seed(_MIXTURE))
        return GaussianMixture.fit(x.numpy(), num_components=8, seed=self._config.seed)

    def _config_without_places(self) -> dict[str, Any]:
        """The config with the data's names alone: where they lay is nobody else's matter."""
        config = self._config.to_dict()
        paths = config["data"]["path"].split(",")
        config["data"]["path"] = ",".join(Path(path).name for path in paths)
        return config


def _check_settings(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no prior can be trained with."""
    settings.check_like(config, base.prior("realnvp", "6d"), except_for="prior.options")
    preset, space, sigma = config.prior.preset, config.prior.space, config.prior.sigma
    if preset not in PRESETS:
        raise InputError(f"config.prior.preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    try:
        pose_space.get(space)
    except ValueError as error:
        raise InputError(f"config.prior.space: {error}") from error
    settings.check_like(config, base.prior(preset, space))
    try:
        PRESETS[preset](pose_space.get(space).dim, **config.prior.options.to_dict())
    except (TypeError, ValueError) as error:
        raise InputError(f"config.prior.options: {error}") from error
    if not sigma > 0:
        raise InputError(f"config.prior.sigma must be a number above 0, got {sigma}")
    for name in ("subject_balance", "limb_swapping", "joint_mixing"):
        if not 0 <= config.data[name] <= 1:
            raise InputError(f"config.data.{name} must be from 0 to 1, got {config.data[name]}")
