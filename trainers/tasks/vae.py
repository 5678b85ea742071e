"""Trains VPoser's auto-encoder of poses."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.losses import pose_error
from hps_tf.metrics.reconstruction import reconstruction_errors
from hps_tf.priors import PoseVAE, pose_space
from hps_tf.priors.pose_space import SIX_D
from hps_tf.priors.vae import divergence
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks.mocap_poses import MocapPoses, step_seed

_CHUNK = 2_000  # Poses evaluated at a time.
_MOMENT_POSES = 50_000  # Those that the standardisation is taken from, at most.
_UNTIL_KNOWN = 0.1  # The decoder's sigma, before it is measured.

_RECONSTRUCTIONS = ("mesh", "rotations")

# Independent streams of random numbers from one seed.
_POSES, _NOISE, _VALIDATION = range(3)


class VAETask(Task):
    """An auto-encoder of body poses; the loss is error / tolerance + KL(q(z | x) || N(0, I))."""

    loss_unit = "nats"

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        self._error = (
            pose_error.mesh_error(config.prior.mesh_vertices)
            if config.prior.reconstruction == "mesh"
            else pose_error.rotation_error
        )
        self._poses = MocapPoses(config)
        self._validation = SIX_D.from_pose(self._poses.validation)
        shape = (len(self._validation), config.prior.latent_dim)
        self._validation_noise = tf.random.stateless_normal(shape, step_seed(config, _VALIDATION))

    def build(self) -> PoseVAE:
        """Creates the auto-encoder, its input standardised by the training data."""
        settings = self._config.prior
        self._vae = PoseVAE(
            pose_space.get(settings.space),
            _UNTIL_KNOWN,
            hidden_units=settings.hidden_units,
            latent_dim=settings.latent_dim,
            dropout=settings.dropout,
        )
        poses = evenly_spaced(self._poses.train, _MOMENT_POSES)
        images = self._poses.with_mirror_images(poses)
        features = np.concatenate([SIX_D.from_pose(image) for image in images])
        self._vae.adapt(features.mean(0), features.std(0))
        return self._vae

    def batch(self, step: tf.Tensor) -> Batch:
        """Gives poses in 6D, `(batch, 126)`, and the noise of their latents, `(batch, L)`."""
        matrices = self._poses.matrices(step_seed(self._config, _POSES, step))
        shape = (self._config.batch_size, self._config.prior.latent_dim)
        return {
            "x": SIX_D.from_matrices(matrices),
            "noise": tf.random.stateless_normal(shape, step_seed(self._config, _NOISE, step)),
        }

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the loss with one latent a pose."""
        return self._loss(batch["x"], batch["noise"], training=True)

    def validate(self) -> dict[str, float]:
        """Gives the mean loss of people not trained on, always with the same noise."""
        sums: dict[str, float] = {}
        for start in range(0, len(self._validation), _CHUNK):
            rows = slice(start, start + _CHUNK)
            loss, parts = self._loss(self._validation[rows], self._validation_noise[rows])
            for name, values in {"loss": loss, **parts}.items():
                sums[name] = sums.get(name, 0.0) + float(tf.reduce_sum(values))
        return {name: total / len(self._validation) for name, total in sums.items()}

    def _loss(
        self, x: tf.Tensor, noise: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        vae, pose = self._vae, SIX_D.to_matrices(x)
        mean, log_variance = vae.posterior(vae.space.from_matrices(pose), training)
        latent = mean + tf.exp(0.5 * log_variance) * noise
        error = self._error(pose, vae.decode_matrices(latent, training))
        kl = divergence(mean, log_variance)
        return error / self._config.prior.tolerance + kl, {"error": error, "divergence": kl}

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Measures the decoder's error on validation people and saves the prior as prior.npz."""
        errors = reconstruction_errors(self._vae, self._poses.validation)
        self._vae.sigma = errors.rms_6d
        summary = {
            "train_poses": len(self._poses.train),
            "validation_poses": self._poses.num_validation,
            "num_parameters": self._vae.num_parameters,
            "sigma": self._vae.sigma,
            "validation": {**self.validate(), **dataclasses.asdict(errors)},
        }
        config = {**self._config.to_dict(), "data": self._poses.description()}
        self._vae.card = {"config": config, **summary}
        self._vae.save(workdir / "prior.npz")
        return summary


def _check_settings(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no auto-encoder can be trained with."""
    settings.check_like(config, ConfigDict({"prior": base.vae().prior}))
    prior = config.prior
    try:
        pose_space.get(prior.space)
    except ValueError as error:
        raise InputError(f"config.prior.space: {error}") from error
    if prior.reconstruction not in _RECONSTRUCTIONS:
        names = ", ".join(_RECONSTRUCTIONS)
        raise InputError(
            f"config.prior.reconstruction: expected one of {names}, received"
            f" {prior.reconstruction!r}"
        )
    for name in ("hidden_units", "latent_dim", "tolerance"):
        if not prior[name] > 0:
            raise InputError(
                f"config.prior.{name}: expected a number above 0, received {prior[name]}"
            )
    if not 0 <= prior.dropout < 1:
        raise InputError(
            f"config.prior.dropout: expected a number from 0 to below 1, received {prior.dropout}"
        )
    if not 1 <= prior.mesh_vertices <= pose_error.MESH_VERTICES:
        raise InputError(
            f"config.prior.mesh_vertices: expected from 1 to {pose_error.MESH_VERTICES}, "
            f"received {prior.mesh_vertices}"
        )
