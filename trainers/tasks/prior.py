"""Trains a pose prior by maximum likelihood."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior, GaussianMixture, pose_space
from hps_tf.priors.architectures import ARCHITECTURES
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks.pose_vectors import MocapVectors, PoseVectors

_CHUNK = 5_000  # Vectors evaluated at a time.


class PriorTask(Task):
    """A flow over body poses; the loss is the negative log-likelihood in nats."""

    loss_unit = "nats"

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        self._vectors = self._read_vectors()
        self._gaussian = GaussianMixture.gaussian(*self._vectors.moments())

    def _read_vectors(self) -> PoseVectors:
        return MocapVectors(self._config)

    def build(self) -> FlowPrior:
        """Creates the prior, at first the Gaussian of the training data."""
        settings = self._config.prior
        space = pose_space.get(settings.space)
        self._prior = FlowPrior(
            space, settings.sigma, settings.preset, **settings.options.to_dict()
        )
        mean, noisy_covariance = self._gaussian.means[0], self._gaussian.covariances[0]
        self._prior.adapt(mean, noisy_covariance - settings.sigma**2 * np.eye(space.dim))
        return self._prior

    def batch(self, step: tf.Tensor) -> Batch:
        """Gives noisy poses as `(batch, D)` vectors."""
        return {"x": self._vectors.batch(step)}

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes -log p(x)."""
        nll = -self._prior.log_prob(batch["x"], training=True)
        return nll, {"nll_per_dim": nll / self._prior.space.dim}

    def validate(self) -> dict[str, float]:
        """Gives the mean negative log-likelihood of people not trained on."""
        return negative_log_likelihood(self._prior, self._vectors.validation)

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the prior, with the reference densities of the same data, as prior.npz."""
        self._prior.references = {"gaussian": self._gaussian, "gmm8": self._fit_mixture()}
        densities: dict[str, FlowPrior | GaussianMixture] = {
            "prior": self._prior,
            **self._prior.references,
        }
        summary = {
            "train_poses": self._vectors.num_train,
            "validation_poses": self._vectors.num_validation,
            "num_parameters": self._prior.num_parameters,
            "sigma": self._prior.sigma,
            "validation": {
                name: negative_log_likelihood(density, self._vectors.validation)
                for name, density in densities.items()
            },
        }
        config = {**self._config.to_dict(), "data": self._vectors.description()}
        self._prior.card = {"config": config, **summary}
        self._prior.save(workdir / "prior.npz")
        return summary

    def _fit_mixture(self) -> GaussianMixture:
        x = self._vectors.some(self._config.data.mixture_poses)
        return GaussianMixture.fit(x, num_components=8, seed=self._config.seed)


def negative_log_likelihood(density: FlowPrior | GaussianMixture, x: tf.Tensor) -> dict[str, float]:
    """Evaluates a density on `(N, D)` vectors: mean -log p(x) in nats, and by dimension."""
    chunks = [x[start : start + _CHUNK] for start in range(0, len(x), _CHUNK)]
    nll = -float(np.mean(np.concatenate([density.log_prob(chunk) for chunk in chunks])))
    return {"loss": nll, "nll_per_dim": nll / x.shape[-1]}


def _check_settings(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no prior can be trained with."""
    reference = base.prior("realnvp", "6d")
    del reference.prior.options, reference.data
    settings.check_like(config, reference)
    preset, space, sigma = config.prior.preset, config.prior.space, config.prior.sigma
    if preset not in ARCHITECTURES:
        raise InputError(
            f"config.prior.preset: expected one of {', '.join(ARCHITECTURES)}, received {preset!r}"
        )
    try:
        dim = pose_space.get(space).dim
    except ValueError as error:
        raise InputError(f"config.prior.space: {error}") from error
    settings.check_like(config, ConfigDict({"prior": base.prior(preset, space).prior}))
    try:
        ARCHITECTURES[preset](dim, **config.prior.options.to_dict())
    except (TypeError, ValueError) as error:
        raise InputError(f"config.prior.options: {error}") from error
    if not sigma > 0:
        raise InputError(f"config.prior.sigma: expected a number above 0, received {sigma}")
