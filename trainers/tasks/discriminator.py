"""Trains HMR's discriminators of poses.

HMR's discriminators learn to distinguish recorded poses from its regressor's outputs. Here is no
regressor; the fakes come from two sources of equal weight instead:

* a small generator that is trained against the discriminators,
* recorded poses made wrong (`hps_tf.data.mocap.pose_corruption`): joints of different poses put
  together, joints turned at random, and rotations that are random altogether.

A head learns from a fake only if it is wrong in what the head sees: the heads of joints that were
left as recorded, or only put together anew, are not trained on it as a fake.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.data.mocap import pose_corruption
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle, quaternion
from hps_tf.metrics import batches
from hps_tf.metrics.roc_auc import roc_auc
from hps_tf.priors import PoseDiscriminator, pose_space
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks import adversaries
from trainers.tasks.mocap_poses import MocapPoses, step_seed
from trainers.tasks.pose_generator import PoseGenerator

_UNTIL_KNOWN = 0.5  # The scores' sigma, before it is measured.

# Independent streams of random numbers from one seed.
_POSES, _NOISE, _CORRUPTION, _VALIDATION = range(4)


class DiscriminatorTask(Task):
    """Discriminators and their adversary, by least squares (Mao et al. 2017).

    One loss trains both: in the discriminators' part generated poses are constants, in the
    generator's part the discriminators' weights are.
    """

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        self._poses = MocapPoses(config)
        real = axis_angle.to_quaternion(self._poses.validation)
        self._validation = quaternion.to_matrix(real)
        self._corruptions = _corruptions(real, step_seed(config, _VALIDATION))

    def build(self) -> keras.Model:
        """Creates discriminators and generator."""
        settings = self._config.prior
        self._discriminator = PoseDiscriminator(
            pose_space.get(settings.space),
            _UNTIL_KNOWN,
            joint_units=settings.joint_units,
            hidden_units=settings.hidden_units,
        )
        self._generator = PoseGenerator(**self._config.generator.to_dict())
        return adversaries.Together(self._generator, self._discriminator)

    def batch(self, step: tf.Tensor) -> Batch:
        """Gives real poses, wrong ones with the heads that see it, and the generator's noise.

        Returns:
          `real` and `wrong` `(batch, 24, 3, 3)`, `is_wrong` `(batch, 22)`, `noise` `(batch, L)`.
        """
        size = self._config.batch_size
        pose = self._poses.quaternions(step_seed(self._config, _POSES, step))
        kinds = _corruptions(pose, step_seed(self._config, _CORRUPTION, step)).values()
        # Every third pose is of the same kind, in every replica's share.
        turn = tf.range(size) % len(kinds)
        pick = tf.stack([turn, tf.range(size)], axis=-1)
        wrong = tf.gather_nd(tf.stack([matrices for matrices, _ in kinds]), pick)
        is_wrong = tf.gather_nd(tf.stack([heads for _, heads in kinds]), pick)
        shape = (size, self._config.generator.latent_dim)
        noise = tf.random.stateless_normal(shape, step_seed(self._config, _NOISE, step))
        return {
            "real": quaternion.to_matrix(pose),
            "wrong": wrong,
            "is_wrong": is_wrong,
            "noise": noise,
        }

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the losses of both sides, each constant in the other's weights."""
        generated = self._generator(batch["noise"])
        poses = tf.concat([batch["real"], batch["wrong"], tf.stop_gradient(generated)], axis=0)
        real, wrong, made = tf.split(self._discriminator(poses), 3)
        told = _sum_of_squares(real - 1.0) + 0.5 * (
            _sum_of_squares(wrong * batch["is_wrong"]) + _sum_of_squares(made)
        )
        deceived = _sum_of_squares(adversaries.frozen(self._discriminator, generated) - 1.0)
        return told + deceived, {"discriminator": told, "generator": deceived}

    def validate(self) -> dict[str, float]:
        """Gives the discriminators' mean loss on people not trained on, without the generator."""
        real = _sum_of_squares(self._scores(self._validation) - 1.0)
        losses = {"real": float(tf.reduce_mean(real))}
        for name, (poses, is_wrong) in self._corruptions.items():
            wrong = _sum_of_squares(self._scores(poses) * is_wrong)
            losses[name] = float(tf.reduce_mean(wrong))
        kinds = [losses[name] for name in self._corruptions]
        return {"loss": losses["real"] + sum(kinds) / len(kinds), **losses}

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Measures how well it separates validation people from wrong poses; saves prior.npz."""
        prior = self._discriminator
        scores = self._scores(self._validation)
        prior.sigma = float(np.sqrt(np.mean(np.square(scores - 1.0))))
        summary = {
            "train_poses": len(self._poses.train),
            "validation_poses": self._poses.num_validation,
            "num_parameters": prior.num_parameters,
            "sigma": prior.sigma,
            "validation": {
                **self.validate(),
                "separation": {
                    name: roc_auc(_energy(scores), _energy(self._scores(poses)))
                    for name, (poses, _) in self._corruptions.items()
                },
            },
        }
        config = {**self._config.to_dict(), "data": self._poses.description()}
        prior.card = {"config": config, **summary}
        prior.save(workdir / "prior.npz")
        return summary

    def _scores(self, rotation_matrices: tf.Tensor) -> np.ndarray:
        return batches.apply(self._discriminator, rotation_matrices)


def _corruptions(pose: tf.Tensor, seed: tf.Tensor) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
    """Makes poses wrong in every way.

    Args:
      pose: `(B, 24, 4)` unit quaternions.
      seed: `(2,)` integers.

    Returns:
      By the name of the way: `(B, 24, 3, 3)` rotation matrices and, as 0 and 1, the `(B, 22)` heads
      that see something wrong.
    """
    return {
        name: (quaternion.to_matrix(wrong), _heads(joints))
        for name, (wrong, joints) in pose_corruption.corruptions(pose, seed).items()
    }


def _heads(joints: tf.Tensor) -> tf.Tensor:
    """`(B, 24)` wrong joints to the `(B, 22)` heads that see them; the last sees the whole pose."""
    body = tf.cast(joints[:, BODY_JOINTS[0] : BODY_JOINTS[-1] + 1], tf.float32)
    return tf.concat([body, tf.ones_like(body[:, :1])], axis=-1)


def _sum_of_squares(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(values), axis=-1)


def _energy(scores: np.ndarray) -> np.ndarray:
    return np.square(scores - 1.0).sum(axis=-1)


def _check_settings(config: ConfigDict) -> None:
    """Raises `InputError` for settings that no discriminators can be trained with."""
    reference = base.discriminator()
    del reference.data
    settings.check_like(config, reference)
    try:
        pose_space.get(config.prior.space)
    except ValueError as error:
        raise InputError(f"config.prior.space: {error}") from error
    sizes = ("prior.joint_units", "prior.hidden_units", "generator.latent_dim")
    for name in (*sizes, "generator.hidden_units"):
        section, _, setting = name.partition(".")
        value = config[section][setting]
        if not value > 0:
            raise InputError(f"config.{name}: expected a number above 0, received {value}")
