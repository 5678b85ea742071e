"""Trains the lifting network on evidence of recorded poses, without images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.data.keypoint_noise import keypoint_corruption, posed_people
from hps_tf.data.keypoint_noise.detector_noise import FoundKeypoints
from hps_tf.data.keypoint_noise.posed_people import PosedPeople
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.geometry import axis_angle
from hps_tf.losses import surprise
from hps_tf.metrics import joint_error
from hps_tf.models import evidence_frame, lifting_file, load_lifting
from hps_tf.models.evidence_frame import EvidenceFrame
from hps_tf.models.lifting_network import LiftedNumbers, LiftingNetwork, LiftingOptions
from hps_tf.models.pose_code import likeliest_pose
from trainers import settings
from trainers.configs import base
from trainers.strategy import Batch
from trainers.task import Task
from trainers.tasks import lifting_errors
from trainers.tasks.mocap_poses import MocapPoses, step_seed

# Independent streams of random numbers from one seed.
_POSES, _PEOPLE, _EVIDENCE, _FOCAL, _VALIDATION = range(5)

FOCAL_ERROR = 0.2
"""Deviation of a guessed focal length's logarithm; every other person's is one."""

NUM_SHAPE = posed_people.NUM_SHAPE


class Lifted(NamedTuple):
    """The network's outputs for a batch.

    Attributes:
      frame: The evidence's frame.
      numbers: The network's numbers.
      rotation_matrices: `(B, 24, 3, 3)`, the root's into the camera frame.
      joints: `(B, 24, 3)` at translation 0.
      keypoints: `(B, 17, 3)` at translation 0.
    """

    frame: EvidenceFrame
    numbers: LiftedNumbers
    rotation_matrices: tf.Tensor
    joints: tf.Tensor
    keypoints: tf.Tensor


class LiftingTask(Task):
    """The lifting network; people and evidence are drawn anew at every step."""

    loss_unit = "mm"
    settings = staticmethod(base.lifting)

    def __init__(self, config: ConfigDict):
        self._check(config)
        self._config = config
        start = config.network.start_from
        self._earlier = load_lifting(start) if start else None
        self._mode = (
            self._earlier.mode
            if self._earlier
            else likeliest_pose(priors.load(config.network.prior, "latent"))
        )
        self._poses = MocapPoses(config)
        self._body = load_small()
        # Compiled apart from the step, which another thread takes meanwhile.
        self._draw = tf.function(self._draw_people, jit_compile=config.xla, autograph=False)
        self._validation = self._validation_batches()
        self._joints = tf.function(lambda batch: self._lift(batch).joints, autograph=False)

    @classmethod
    def _check(cls, config: ConfigDict) -> None:
        """Raises `InputError` for settings that no lifting network can be trained with."""
        reference = cls.settings()
        del reference.data
        settings.check_like(config, reference)
        for name in ("network.width", "network.blocks", "validation_people"):
            section, _, setting = name.rpartition(".")
            value = (config[section] if section else config)[setting]
            if value < 1:
                raise InputError(f"config.{name}: expected a number above 0, received {value}")
        for name, weight in config.weights.items():
            if weight < 0:
                raise InputError(
                    f"config.weights.{name}: expected a number not below 0, received {weight}"
                )

    def build(self) -> keras.Model:
        """Creates the network."""
        self._network = self._create()
        if self._earlier:
            self._go_on_from(self._earlier)
        return self._network.module

    def _go_on_from(self, earlier: LiftingNetwork) -> None:
        self._check_sizes(earlier, self._network.options)
        self._network.module.set_weights(earlier.module.get_weights())

    def _check_sizes(self, earlier: LiftingNetwork, options: LiftingOptions) -> None:
        if earlier.options != options:
            raise InputError(
                f"config.network.start_from: expected a network of {options}, received"
                f" {self._config.network.start_from} of {earlier.options}"
            )

    def _create(self) -> LiftingNetwork:
        network = self._config.network
        return LiftingNetwork(LiftingOptions(network.width, network.blocks), self._mode)

    def batch(self, step: tf.Tensor) -> Batch:
        """Draws people and their detections; see `evidence_of`."""
        seeds = [step_seed(self._config, stream, step) for stream in range(_VALIDATION)]
        return self._draw(self._step_poses(step, seeds[_POSES]), tf.stack(seeds))

    def _step_poses(self, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws the people's `(B, 24, 4)` poses."""
        del step
        return self._poses.quaternions(seed)

    def _draw_people(self, pose: tf.Tensor, seeds: tf.Tensor) -> Batch:
        people = posed_people.draw(pose, self._body, seeds[_PEOPLE])
        found = keypoint_corruption.corrupt(people, seeds[_EVIDENCE])
        focal = tf.random.stateless_normal(pose.shape[:1], seeds[_FOCAL], alg="philox")
        is_guess = tf.range(pose.shape[0]) % 2 == 0
        return evidence_of(people, found, tf.where(is_guess, FOCAL_ERROR * focal, 0.0))

    def loss(self, batch: Batch) -> tuple[tf.Tensor, Mapping[str, tf.Tensor]]:
        """Computes the predictions' loss, and how surprising their errors are."""
        lifted = self._lift(batch, training=True)
        parts = self._parts(lifted, batch)
        weights = self._config.weights
        return tf.add_n([weights[name] * part for name, part in parts.items()]), parts

    def _parts(self, lifted: Lifted, batch: Batch) -> dict[str, tf.Tensor]:
        """The parts of the loss against true people, `(B,)` each."""
        errors = lifting_errors.errors(
            batch, lifted.frame, lifted.numbers, lifted.rotation_matrices, lifted.keypoints
        )
        return {
            **distances(lifted, batch),
            "surprise": surprise.negative_log_likelihood(
                errors, lifted.numbers.log_variances, batch["confidence"] > 0.0
            ),
        }

    def _lift(self, batch: Batch, training: bool = False) -> Lifted:
        found = batch["found"]
        view = tf.eye(3, batch_shape=[tf.shape(found)[0]])
        frame = evidence_frame.observe(found, batch["confidence"], view)
        numbers = self._network(frame.inputs(batch["log_size_error"]), training=training)
        local = numbers.rotation_matrices
        root = tf.matmul(frame.turn, local[:, 0])
        rotations = tf.concat([root[:, tf.newaxis], local[:, 1:]], axis=1)
        shape = self._padded(numbers.shape)
        # XLA computes what both share once.
        joints = self._body.joints(rotation_matrices=rotations, shape=shape)
        keypoints = self._body.keypoints("coco17", rotation_matrices=rotations, shape=shape)
        return Lifted(frame, numbers, rotations, joints, keypoints)

    def _padded(self, shape: tf.Tensor) -> tf.Tensor:
        """All of the body's components `(B, S)` of those `(B, 10)` that vary."""
        return tf.pad(shape, [[0, 0], [0, self._body.num_shape - NUM_SHAPE]])

    def validate(self) -> dict[str, float]:
        """Measures the errors of 24 joints, from the pelvis, of people not trained on."""
        values = {}
        for name, batch in self._validation.items():
            joints = self._joints(batch)
            joints = from_pelvis(joints, joints)
            for metric in (joint_error.mpjpe, joint_error.pa_mpjpe):
                error = 1e3 * float(tf.reduce_mean(metric(joints, batch["joints"])))
                values[f"{name}_{metric.__name__}_mm"] = error
        loss = np.mean([values[f"{name}_mpjpe_mm"] for name in self._validation])
        return {"loss": float(loss), **values}

    def _validation_batches(self) -> dict[str, Batch]:
        """The same people with exact keypoints and with evidence like that of the training."""
        poses = evenly_spaced(self._poses.validation, self._config.validation_people)
        seeds = tf.unstack(tf.random.split(step_seed(self._config, _VALIDATION), 2, alg="philox"))
        people = posed_people.draw(axis_angle.to_quaternion(poses), self._body, seeds[0])
        kinds = {
            "exact": keypoint_corruption.exactly(people),
            "noisy": keypoint_corruption.corrupt(people, seeds[1]),
        }
        return {
            name: evidence_of(people, found, tf.zeros(len(poses))) for name, found in kinds.items()
        }

    def finish(self, workdir: Path) -> dict[str, Any]:
        """Saves the network as lifting.npz."""
        summary = {
            "train_poses": len(self._poses.train),
            "validation_poses": self._poses.num_validation,
            "num_parameters": self._network.module.count_params(),
            "validation": self.validate(),
        }
        config = {**self._config.to_dict(), "data": self._poses.description()}
        self._network.card = {"config": config, **summary}
        lifting_file.save(self._network, workdir / "lifting.npz")
        return summary


def distances(lifted: Lifted, target: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """How far predicted people are from others.

    Args:
      lifted: B predicted people.
      target: `rotation_matrices`, `joints`, `keypoints` and `shape` of the others, as in a batch.

    Returns:
      `joints`, `rotations` and `shape`, `(B,)` each; see `trainers.configs.base.lifting`.
    """
    off = tf.concat(
        [
            from_pelvis(lifted.joints, lifted.joints) - target["joints"],
            from_pelvis(lifted.keypoints, lifted.joints) - target["keypoints"],
        ],
        axis=1,
    )
    turned = lifted.rotation_matrices - target["rotation_matrices"]
    turned = tf.reduce_sum(tf.square(turned), axis=[2, 3])
    return {
        # The square root has no derivative at 0.
        "joints": tf.reduce_mean(tf.norm(off + 1e-6, axis=2), axis=1),
        "rotations": turned[:, 0] + tf.reduce_mean(turned[:, 1:22], axis=1),
        "shape": tf.reduce_mean(tf.square(lifted.numbers.shape - target["shape"]), axis=1),
    }


def evidence_of(people: PosedPeople, found: FoundKeypoints, log_size_error: tf.Tensor) -> Batch:
    """Detections of people, and the truth.

    Returns:
      `found` `(B, 17, 2)` slopes, `confidence` `(B, 17)`, `log_size_error` `(B,)`; and, in the
      camera frame, `rotation_matrices` `(B, 24, 3, 3)`, `shape` `(B, 10)`, `translation` `(B, 3)`,
      from the pelvis `joints` `(B, 24, 3)` and `keypoints` `(B, 17, 3)`, and `seen` `(B, 17, 2)`,
      the true keypoints' slopes.
    """
    return {
        "found": found.slopes,
        "confidence": found.confidence,
        "log_size_error": log_size_error,
        "rotation_matrices": people.rotation_matrices,
        "shape": people.shape[:, :NUM_SHAPE],
        "translation": people.translation,
        "joints": from_pelvis(people.joints, people.joints),
        "keypoints": from_pelvis(people.keypoints, people.joints),
        "seen": people.keypoints[..., :2] / people.keypoints[..., 2:],
    }


def from_pelvis(points: tf.Tensor, joints: tf.Tensor) -> tf.Tensor:
    """Points `(B, N, 3)` as the first of the joints sees them."""
    return points - joints[:, :1]
