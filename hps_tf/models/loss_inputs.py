"""Inputs of the terms of the total loss."""

import functools
from collections.abc import Callable, Hashable
from typing import Any

import tensorflow as tf

from hps_tf.body import BodyOutput
from hps_tf.data.images.train_batch import SeenFeatures, TrainBatch
from hps_tf.geometry import axis_angle
from hps_tf.losses.part_alignment import PartAlignment, project_to_maps
from hps_tf.models.body_decoder import BodyDecoder
from hps_tf.models.ground_truth_evidence import GroundTruthEvidence
from hps_tf.models.lifter import LiftedPeople, Lifter
from hps_tf.models.prediction import Prediction
from hps_tf.models.soft_argmax import DetectedKeypoints
from hps_tf.models.staged_network import StagedNetwork


class LossInputs:
    """A network's outputs for a batch, and the bodies, true and estimated, that terms compare.

    Each quantity is computed when the first term asks for it, so that terms of maps alone cost no
    bodies. Create it inside the gradient tape.

    Args:
      network: The network.
      decoder: Decodes its outputs into bodies.
      batch: The batch.
      uses_ground_truth: `(B,)` 1 where the pose module sees evidence of the labels (teacher
        forcing), which an example must have; default: nowhere.

    Attributes:
      network: The network.
      decoder: The decoder; `decoder.body` is the body model.
      batch: The batch.
      outputs: The network's outputs by name; see `StagedNetwork`.
    """

    def __init__(
        self,
        network: StagedNetwork,
        decoder: BodyDecoder | Lifter,
        batch: TrainBatch,
        uses_ground_truth: tf.Tensor | None = None,
    ):
        self.network, self.decoder, self.batch = network, decoder, batch
        if uses_ground_truth is None:
            uses_ground_truth = tf.zeros_like(batch.has_keypoints)
        self._ground_truth = GroundTruthEvidence.from_labels(
            uses_ground_truth > 0.0,
            batch.keypoints_2d,
            batch.keypoint_weights,
            batch.part_pixels.part_labels,
            network.options.map_stride,
        )
        if isinstance(batch.inputs, SeenFeatures):
            self.outputs = network.interpret(
                batch.inputs._asdict(), training=True, ground_truth=self._ground_truth
            )
        else:
            self.outputs = network(batch.inputs, training=True, ground_truth=self._ground_truth)
        self._kept: dict[Hashable, Any] = {}

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Computes a quantity of several terms once, and gives it to each that asks for the key."""
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]

    @property
    def num_stages(self) -> int:
        """The number N of stages that estimate pose and shape."""
        return self.network.options.pose_stages

    def repeated(self, tensor: tf.Tensor) -> tf.Tensor:
        """Repeats `(B, ...)` for each stage of `people`, `(N B, ...)`."""
        return tf.tile(tensor, [self.num_stages] + [1] * (tensor.shape.rank - 1))

    def stage_mean(self, values: tf.Tensor) -> tf.Tensor:
        """Averages the values `(N B,)` of `people` over the stages, `(B,)`."""
        count = tf.shape(self.batch.has_pose)[0]
        return tf.reduce_mean(tf.reshape(values, (self.num_stages, count)), axis=0)

    @functools.cached_property
    def detected(self) -> DetectedKeypoints:
        """The keypoints that the network found in the images, without gradient."""
        return DetectedKeypoints(*map(tf.stop_gradient, self.network.detected(self.outputs)))

    @functools.cached_property
    def seen(self) -> DetectedKeypoints:
        """The keypoints that the pose module sees: those detected, or labelled in their place."""
        return self.network.detected(self.outputs, self._ground_truth)

    @functools.cached_property
    def lifted(self) -> LiftedPeople:
        """The bodies of a lifting module, `(B, ...)`, and how unsure they are.

        Raises:
          ValueError: If the network has none.
        """
        if not isinstance(self.decoder, Lifter):
            raise ValueError("`network`: expected one with a lifting module, received another")
        return self.decoder.lift(*self.seen, self.batch.intrinsics)

    @functools.cached_property
    def people(self) -> Prediction:
        """The bodies of all stages, `(N B, ...)`, one stage after the other.

        They are placed by the labelled keypoints, or those detected where there are no labels. A
        lifting module has one stage, and places bodies by the keypoints that it sees.
        """
        batch = self.batch
        if isinstance(self.decoder, Lifter):
            return self.lifted.people
        stages = range(1, self.num_stages + 1)
        is_labelled = batch.has_keypoints[:, tf.newaxis] > 0.0
        points = tf.where(
            is_labelled[..., tf.newaxis], batch.keypoints_2d, self.detected.keypoints_2d
        )
        weights = tf.where(is_labelled, batch.keypoint_weights, self.detected.confidence)
        outputs = self.outputs
        return self.decoder(
            *(
                tf.cast(tf.concat([outputs[f"{name}_{stage}"] for stage in stages], 0), tf.float32)
                for name in ("pose", "shape")
            ),
            *(self.repeated(each) for each in (batch.intrinsics, points, weights)),
        )

    @functools.cached_property
    def last(self) -> Prediction:
        """The bodies of the last stage, `(B, ...)`."""
        count = tf.shape(self.batch.has_pose)[0]
        return Prediction(*(value[-count:] for value in self.people))

    @functools.cached_property
    def true_rotations(self) -> tf.Tensor:
        """The labelled rotations, `(B, 24, 3, 3)`; anything where `has_pose` is 0."""
        return axis_angle.to_matrix(self.batch.pose)

    @functools.cached_property
    def true_body(self) -> BodyOutput:
        """The labelled body at translation 0, metres; anything where `has_pose` is 0."""
        return self.decoder.body(rotation_matrices=self.true_rotations, shape=self.batch.shape)

    @functools.cached_property
    def map_vertices(self) -> tf.Tensor:
        """The last stage's vertices on the part maps, `(B, V, 3)`; see `project_to_maps`."""
        stride = self.network.options.map_stride
        return project_to_maps(self.last.vertices, self.batch.intrinsics, stride)

    @functools.cached_property
    def part_alignment(self) -> PartAlignment:
        """Distance of bodies from part maps."""
        return PartAlignment(self.decoder.body.vertex_parts, self.network.options.map_size)
