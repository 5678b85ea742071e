"""The poses of prepared motion capture as a training job takes them, step by step."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.body.mirror import mirror_pose
from hps_tf.data.mocap import pose_data
from hps_tf.data.mocap.pose_data import PoseData
from hps_tf.data.mocap.pose_sampler import PoseSampler
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.geometry import quaternion
from trainers import settings
from trainers.configs import base

_VALIDATION_POSES = 20_000  # At most, spread over all validation poses.


class MocapPoses:
    """Training poses, balanced and augmented, and validation poses of other people.

    Args:
      config: The resolved config, with the settings of `base.mocap` under `data`.

    Attributes:
      train: `(N, 24, 3)` axis-angle, as recorded.
      num_validation: How many validation poses there are.
      validation: `(M, 24, 3)` axis-angle, all or some of them.

    Raises:
      InputError: If a setting or the data cannot be used.
    """

    def __init__(self, config: ConfigDict):
        _check_settings(config)
        self._config = config
        data = pose_data.read(config.data.path.split(","), "config.data.path")
        self._sampler = self._sampler_of(data)
        self._data = data
        self.train = data.train
        self.num_validation = len(data.validation)
        self.validation = evenly_spaced(data.validation, _VALIDATION_POSES)

    def matrices(self, seed: tf.Tensor) -> tf.Tensor:
        """Draws the `(B, 24, 3, 3)` rotation matrices of a step, a pure function of its seed."""
        return quaternion.to_matrix(self.quaternions(seed))

    def quaternions(self, seed: tf.Tensor) -> tf.Tensor:
        """Draws the same poses as `(B, 24, 4)` unit quaternions."""
        return self._sampler.sample(self._config.batch_size, seed)

    def of_subjects(self, names: Sequence[str]) -> PoseSampler:
        """Makes a sampler of the training poses of some people, augmented alike."""
        chosen = np.isin(self._data.train_subjects, names)
        return self._sampler_of(
            dataclasses.replace(
                self._data,
                train=self._data.train[chosen],
                train_subjects=self._data.train_subjects[chosen],
            )
        )

    def some_training_poses(self, count: int) -> np.ndarray:
        """At most so many training poses, `(N, 24, 3)` axis-angle, spread over all."""
        return evenly_spaced(self.train, count)

    @property
    def subjects(self) -> list[str]:
        """Names of the training people, sorted."""
        return sorted(set(self._data.train_subjects.tolist()))

    def _sampler_of(self, data: PoseData) -> PoseSampler:
        settings = self._config.data
        return PoseSampler(
            data,
            mirror=settings.mirror,
            subject_balance=settings.subject_balance,
            limb_swapping=settings.limb_swapping,
            joint_mixing=settings.joint_mixing,
        )

    def with_mirror_images(self, poses: np.ndarray) -> list[np.ndarray]:
        """Gives poses, and their mirror images if these are trained on."""
        return [poses, mirror_pose(poses)] if self._config.data.mirror else [poses]

    def description(self) -> dict[str, Any]:
        """Gives the settings, of the directories their names alone."""
        names = [Path(path).name for path in self._config.data.path.split(",")]
        return {**self._config.data.to_dict(), "path": ",".join(names)}


def step_seed(config: ConfigDict, stream: int, step: tf.Tensor | int = 0) -> tf.Tensor:
    """Gives the `(2,)` seed of one of a run's independent streams of random numbers at a step."""
    seed = tf.constant([config.seed, stream], tf.int64)
    return tf.random.experimental.stateless_fold_in(seed, tf.cast(step, tf.int64))


def _check_settings(config: ConfigDict) -> None:
    settings.check_like(config, ConfigDict({"data": base.mocap()}))
    for name in ("subject_balance", "limb_swapping", "joint_mixing"):
        if not 0 <= config.data[name] <= 1:
            raise InputError(
                f"config.data.{name}: expected from 0 to 1, received {config.data[name]}"
            )
