"""Trains HMR (Kanazawa et al. 2018) on evidence of recorded poses, without images.

An iterative regressor is trained with labels of some people, keypoints of everybody, and against
discriminators of joints, pose and shape that learn beside it what recorded people are like.
"""

from collections.abc import Mapping

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.data.keypoint_noise import posed_people
from hps_tf.errors import InputError
from hps_tf.priors import PoseDiscriminator, pose_space
from trainers.configs import base
from trainers.strategy import Batch
from trainers.tasks import adversaries
from trainers.tasks.lifting import Lifted
from trainers.tasks.mocap_poses import step_seed
from trainers.tasks.partly_labelled import PartlyLabelledTask

_REAL_POSES, _REAL_SHAPES = 101, 102  # Streams of random numbers.
_SHAPE_UNITS = (10, 5)
_SIGMA = 1.0  # Of an energy that nobody asks for.


class HMRTask(PartlyLabelledTask):
    """HMR's regressor and its discriminators, by least squares."""

    settings = staticmethod(base.lifting_hmr)

    @classmethod
    def _check(cls, config: ConfigDict) -> None:
        super()._check(config)
        for name, value in config.discriminator.items():
            if value < 1:
                raise InputError(
                    f"config.discriminator.{name}: expected a number above 0, received {value}"
                )

    def build(self) -> keras.Model:
        """Creates regressor and discriminators."""
        module = super().build()
        self._of_poses = PoseDiscriminator(
            pose_space.get("6d"), _SIGMA, **self._config.discriminator.to_dict()
        )
        self._of_shapes = _shape_discriminator()
        return adversaries.Together(module, self._of_poses, self._of_shapes)

    def batch(self, step: tf.Tensor) -> Batch:
        """Draws people as others do, and recorded ones: `real_poses`, `real_shapes`."""
        size = self._config.batch_size
        poses = self._poses.matrices(step_seed(self._config, _REAL_POSES, step))
        shapes = posed_people.shapes(size, step_seed(self._config, _REAL_SHAPES, step))
        return {**super().batch(step), "real_poses": poses, "real_shapes": shapes}

    def _weak_loss(self, lifted: Lifted, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        poses = adversaries.least_squares(
            self._of_poses, batch["real_poses"], lifted.rotation_matrices
        )
        shapes = adversaries.least_squares(
            self._of_shapes, batch["real_shapes"], lifted.numbers.shape
        )
        told, deceived = (sum(sides) for sides in zip(poses, shapes, strict=True))
        parts = {"discriminator": told, "adversary": deceived}
        return self._config.weights.adversary * (told + deceived), parts


def _shape_discriminator() -> keras.Model:
    inputs = keras.Input((posed_people.NUM_SHAPE,))
    x = inputs
    for units in _SHAPE_UNITS:
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x), name="shape_discriminator")
