"""What lifting tasks with few 3D labels share.

Some people of a batch are drawn from the motion of a few subjects and have 3D labels; the others
have their keypoints alone. That is how the paper's networks, HMR, SPIN and VIBE are trained on
images: with labels of one data set's few subjects, and keypoints of all others.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.geometry import translation
from hps_tf.losses import robust_kernels, shape_prior_loss
from hps_tf.losses.keypoints import robust_keypoint_loss
from hps_tf.models import LiftingNetwork, LiftingOptions
from trainers.strategy import Batch
from trainers.tasks.lifting import Lifted, LiftingTask
from trainers.tasks.mocap_poses import step_seed

_LABELLED_POSES = 100  # A stream of random numbers beside those of `trainers.tasks.lifting`.
_CLOSEST = 0.1  # Metres; nothing is projected from nearer.
_PIXELS = 256.0  # Of the box, by which the kernel's smallest distance is a share of it.


class PartlyLabelledTask(LiftingTask):
    """A lifting network trained with 3D labels of some people; subclasses add what they have."""

    def __init__(self, config: ConfigDict):
        super().__init__(config)
        self._subjects = self._labelled_subjects(self._poses.subjects)
        self._labelled = self._poses.of_subjects(self._subjects)

    @classmethod
    def _check(cls, config: ConfigDict) -> None:
        super()._check(config)
        if not 0 < config.labels.share <= 1:
            raise InputError(
                "config.labels.share: expected a number above 0 and not above 1, received"
                f" {config.labels.share}"
            )
        for name in ("labels.subjects", "network.rounds"):
            section, _, setting = name.partition(".")
            if config[section][setting] < 0:
                raise InputError(
                    f"config.{name}: expected a number not below 0, received"
                    f" {config[section][setting]}"
                )

    def _labelled_subjects(self, names: list[str]) -> list[str]:
        count = self._config.labels.subjects
        if count > len(names):
            raise InputError(
                f"config.labels.subjects: expected at most the {len(names)} training subjects,"
                f" received {count}"
            )
        if not count:
            return names
        rng = np.random.default_rng(self._config.seed)
        return sorted(rng.choice(names, count, replace=False).tolist())

    def _create(self) -> LiftingNetwork:
        network = self._config.network
        options = LiftingOptions(network.width, network.blocks, network.rounds)
        return LiftingNetwork(options, self._mode)

    def batch(self, step: tf.Tensor) -> Batch:
        """Draws people as the lifting task does, `is_labelled` `(B,)` 1 for those with labels."""
        is_labelled = tf.constant(self._is_labelled(), tf.float32)
        return {**super().batch(step), "is_labelled": is_labelled}

    def _step_poses(self, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        own = step_seed(self._config, _LABELLED_POSES, step)
        labelled = self._labelled.sample(self._config.batch_size, own)
        is_labelled = self._is_labelled()[:, np.newaxis, np.newaxis]
        return tf.where(is_labelled, labelled, super()._step_poses(step, seed))

    def _is_labelled(self) -> np.ndarray:
        """Which `(B,)` people of a batch have labels; every replica's share has as many."""
        return spread_out(self._config.batch_size, self._config.labels.share)

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the loss of labels, where there are some, and of all people's keypoints."""
        lifted = self._lift(batch, training=True)
        weights = self._config.weights
        labelled = batch["is_labelled"] / self._config.labels.share
        parts = {name: labelled * part for name, part in self._parts(lifted, batch).items()}
        parts["reprojection"] = reprojection(lifted, batch)
        parts["shape_prior"] = shape_prior_loss(lifted.numbers.shape)
        total = tf.add_n([weights[name] * part for name, part in parts.items()])
        more, its_parts = self._weak_loss(lifted, batch)
        return total + more, {**parts, **its_parts}

    def _weak_loss(self, lifted: Lifted, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """What else a method trains with: its weighted sum `(B,)`, and parts to log."""
        raise NotImplementedError


def reprojection(lifted: Lifted, batch: Batch) -> tf.Tensor:
    """Mean distance of projected keypoints from those found, L_KA (Zanfir et al. 2020, §2.2).

    The translation is the closed form's (§2.3).

    Args:
      lifted: B people.
      batch: See `trainers.tasks.lifting`.

    Returns:
      `(B,)` as a share of the longer side of the box about the found keypoints, at most half.
    """
    return reprojection_at(lifted.keypoints + place(lifted, batch)[:, tf.newaxis], lifted, batch)


def place(lifted: Lifted, batch: Batch) -> tf.Tensor:
    """Where people stand, `(B, 3)`."""
    found = batch["found"]
    view = tf.eye(3, batch_shape=[tf.shape(found)[0]])
    return translation.from_perspective(lifted.keypoints, found, batch["confidence"], view)


def reprojection_at(keypoints_3d: tf.Tensor, lifted: Lifted, batch: Batch) -> tf.Tensor:
    """The same for `(B, 17, 3)` keypoints in the camera frame."""
    seen = keypoints_3d[..., :2] / tf.maximum(keypoints_3d[..., 2:], _CLOSEST)
    size = 2.0 * lifted.frame.half_size[:, tf.newaxis, tf.newaxis]
    return robust_keypoint_loss(
        _PIXELS * (seen - batch["found"]) / size,
        batch["confidence"],
        lambda squares: robust_kernels.capped_distance(squares, _PIXELS),
    )


def spread_out(count: int, share: float) -> np.ndarray:
    """Chooses a share of `count` places, as evenly as that can be: `(count,)` bool."""
    reached = np.floor(np.arange(count + 1) * share + 1e-6)
    return np.diff(reached) > 0
