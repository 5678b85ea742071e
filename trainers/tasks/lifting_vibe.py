"""Trains VIBE (Kocabas et al. 2020) on evidence of recorded motion, without images.

A recurrent network sees windows of frames of one moving person, before a camera that stands still.
It is trained with labels of some, keypoints of everybody, and against a discriminator of motion.
Batch sizes count frames: a step sees as many as a step of the methods of single frames. Training
may go on from SPIN's network of single frames, as VIBE's does.
"""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.data.keypoint_noise import (
    detector_noise,
    keypoint_corruption,
    posed_people,
    spells,
)
from hps_tf.data.keypoint_noise.posed_people import PosedPeople
from hps_tf.data.keypoint_noise.random_draws import Draws
from hps_tf.data.mocap import motion_archives
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.mocap.motion_windows import MotionWindows
from hps_tf.errors import InputError
from hps_tf.geometry import quaternion
from hps_tf.models import (
    LiftingNetwork,
    LiftingOptions,
    MotionLiftingNetwork,
    MotionLiftingOptions,
)
from hps_tf.priors.pose_space import SIX_D
from trainers.configs import base
from trainers.strategy import Batch
from trainers.tasks import adversaries, motion_discriminator
from trainers.tasks.lifting import FOCAL_ERROR, Lifted, evidence_of
from trainers.tasks.mocap_poses import step_seed
from trainers.tasks.partly_labelled import PartlyLabelledTask, spread_out

_REAL, _LABELLED, _VALIDATION = 101, 102, 103  # Streams of random numbers.
_LONGEST_SPELLS = 0.9
"""The largest probability that a frame has the errors of the one before; uniform by window."""


class VIBETask(PartlyLabelledTask):
    """VIBE's regressor of windows and its motion discriminator, by least squares."""

    settings = staticmethod(base.lifting_vibe)

    def __init__(self, config: ConfigDict):
        self._check(config)
        self._num_frames: int = config.window
        clips = self._clips(config, "train")
        self._windows = self._sampler(config, clips)
        super().__init__(config)
        self._labelled_windows = self._sampler(
            config, [clip for clip in clips if clip.subject in self._subjects]
        )

    @classmethod
    def _check(cls, config: ConfigDict) -> None:
        super()._check(config)
        for name in ("window", "network.units", "discriminator.units"):
            section, _, setting = name.rpartition(".")
            value = (config[section] if section else config)[setting]
            if value < 1:
                raise InputError(f"config.{name}: expected a number above 0, received {value}")
        for name in ("batch_size", "validation_people"):
            if config[name] % config.window or config[name] < config.window:
                raise InputError(
                    f"config.{name}: expected a multiple of the {config.window} frames of a window,"
                    f" received {config[name]}"
                )

    @staticmethod
    def _clips(config: ConfigDict, split: str) -> list[MotionClip]:
        return motion_archives.of_split(config.data.path.split(","), split, "config.data.path")

    @staticmethod
    def _sampler(config: ConfigDict, clips: list[MotionClip]) -> MotionWindows:
        return MotionWindows(
            clips,
            config.window,
            mirror=config.data.mirror,
            subject_balance=config.data.subject_balance,
            limb_swapping=config.data.limb_swapping,
            name="config.data.path",
        )

    def _create(self) -> MotionLiftingNetwork:
        network = self._config.network
        options = MotionLiftingOptions(
            network.width, network.blocks, network.rounds, network.units, self._num_frames
        )
        return MotionLiftingNetwork(options, self._mode)

    def _go_on_from(self, earlier: LiftingNetwork) -> None:
        """Takes what a network of single frames has; time comes in as nothing at first."""
        network = self._config.network
        self._check_sizes(earlier, LiftingOptions(network.width, network.blocks, network.rounds))
        for layer in earlier.module.layers:
            if layer.weights:
                self._network.module.get_layer(layer.name).set_weights(layer.get_weights())

    def build(self) -> keras.Model:
        """Creates regressor and discriminator."""
        module = super().build()
        units = self._config.discriminator.units
        self._of_motion = motion_discriminator.build(self._num_frames, units)
        return adversaries.Together(module, self._of_motion)

    def batch(self, step: tf.Tensor) -> Batch:
        """Draws people as others do, in windows, and recorded poses in windows: `real_poses`."""
        pose, _ = self._windows.sample(self._num_windows, step_seed(self._config, _REAL, step))
        real = quaternion.to_matrix(tf.reshape(pose, [-1, *pose.shape[2:]]))
        return {**super().batch(step), "real_poses": real}

    @property
    def _num_windows(self) -> int:
        return self._config.batch_size // self._num_frames

    def _is_labelled(self) -> np.ndarray:
        of_windows = spread_out(self._num_windows, self._config.labels.share)
        return np.repeat(of_windows, self._num_frames)

    def _step_poses(self, step: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws windows of poses and of the pelvis' places."""
        own = step_seed(self._config, _LABELLED, step)
        labelled = self._labelled_windows.sample(self._num_windows, own)
        others = self._windows.sample(self._num_windows, seed)
        is_labelled = self._is_labelled()[:: self._num_frames]
        return tuple(
            tf.where(is_labelled.reshape(-1, *[1] * (len(one.shape) - 1)), one, other)
            for one, other in zip(labelled, others, strict=True)
        )

    def _draw_people(self, motion: tuple[tf.Tensor, tf.Tensor], seeds: tf.Tensor) -> Batch:
        people = posed_people.draw_windows(*motion, self._body, seeds[1])
        return self._seen(people, seeds[2], seeds[3])

    def _seen(self, people: PosedPeople, seed: tf.Tensor, focal_seed: tf.Tensor) -> Batch:
        seed, spell_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        found = keypoint_corruption.corrupt(people, seed, self._num_frames)
        count = people.shape.shape[0] // self._num_frames
        draws = Draws(focal_seed)
        share = draws.uniform(count, 1, 1, high=_LONGEST_SPELLS)
        true = detector_noise.slopes(people.keypoints)
        found = spells.hold(found, true, self._num_frames, share, spell_seed)
        is_guess = tf.range(count) % 2 == 0
        focal = tf.where(is_guess, FOCAL_ERROR * draws.normal(count), 0.0)
        return evidence_of(people, found, tf.repeat(focal, self._num_frames))

    def _validation_batches(self) -> dict[str, Batch]:
        """The same windows with exact keypoints and with evidence like that of the training."""
        config = self._config
        windows = MotionWindows(
            self._clips(config, "val"), self._num_frames, mirror=False, name="config.data.path"
        )
        seeds = tf.unstack(tf.random.split(step_seed(config, _VALIDATION), 4, alg="philox"))
        motion = windows.sample(config.validation_people // self._num_frames, seeds[0])
        people = posed_people.draw_windows(*motion, self._body, seeds[1])
        noisy = self._seen(people, seeds[2], seeds[3])
        none = tf.zeros_like(noisy["log_size_error"])
        exact = evidence_of(people, keypoint_corruption.exactly(people), none)
        return {"exact": exact, "noisy": {**noisy, "log_size_error": none}}

    def _weak_loss(self, lifted: Lifted, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        real, made = (
            tf.reshape(SIX_D.from_matrices(poses), [-1, self._num_frames, SIX_D.dim])
            for poses in (batch["real_poses"], lifted.rotation_matrices)
        )
        sides = adversaries.least_squares(self._of_motion, real, made)
        told, deceived = (tf.repeat(side, self._num_frames) for side in sides)
        parts = {"discriminator": told, "adversary": deceived}
        return self._config.weights.adversary * (told + deceived), parts
