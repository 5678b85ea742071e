"""The staged network: image → keypoint heatmaps → body-part maps → pose and shape (§2.3)."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike

from hps_tf import priors
from hps_tf.geometry import checks
from hps_tf.models import (
    backbone,
    keypoint_module,
    part_module,
    part_pyramid,
    pose_module,
)
from hps_tf.models.evidence_maps import draw_heatmaps, evidence_heatmaps, where
from hps_tf.models.front_end import FrontEnd
from hps_tf.models.ground_truth_evidence import GroundTruthEvidence
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions
from hps_tf.models.pose_code import PoseCode, likeliest_pose
from hps_tf.models.presets import LIFTING, MOVENET, PRESETS, NetworkOptions
from hps_tf.models.soft_argmax import DetectedKeypoints, soft_argmax
from hps_tf.priors.prior import PosePrior

MODULES = ("backbone", "keypoints", "parts", "pose")

RawOutput = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("hps_tf")
class StagedNetwork(keras.Model):
    """The network without the body; `BodyDecoder` decodes its outputs into bodies.

    Example:
      >>> network = hps_tf.models.StagedNetwork("tiny", prior="cmu-6d-light")
      >>> network(images)["pose_2"]  # images (B, 64, 64, 3) in 0..1; (B, 6 + 126)

    Called with images `(B, S, S, 3)` float in 0..1, it gives a dictionary of

    * `heatmaps_1`.. `(B, h, h, 17)` and `part_maps` `(B, h, h, 15)` logits,
    * `pose_1`.. `(B, 6 + D)` and `shape_1`.. `(B, num_shape)`, one a stage, the last the best,

    and, with MoveNet's keypoints, also what `FrontEnd` finds. A lifting module sees keypoints and
    cameras, and no maps: it is not called here, but by a `Lifter` of `lifting`.

    Args:
      options: Its sizes, or a name of `PRESETS`.
      prior: The pose prior, or its name or file. Its latents are the pose output, or its likeliest
        pose is what a pose output of zero means. By default the options name it.
      num_shape: Shape components of the body.
      mode: `(126,)` another pose that the lifting module's outputs are offsets from.
      body: Name of the body model that poses and shapes are of.

    Attributes:
      options: Its sizes.
      num_shape: Shape components of the body.
      body: Name of the body model.
      pose_code: Decodes pose vectors; it has the prior, which is not trained here.
      front: The frozen front end, where there is one; its weights are not the network's.
      lifting: The lifting network, where `pose` is its module.
      modules: The parts that can be trained alone, by name.
      card: Its training data, command and measured figures.

    Raises:
      ValueError: If there is no such preset or prior.
    """

    def __init__(
        self,
        options: NetworkOptions | str = "small",
        prior: PosePrior | str | os.PathLike[str] | None = None,
        num_shape: int = 16,
        mode: np.ndarray | None = None,
        body: str = "default",
    ):
        super().__init__(name="staged_network")
        if isinstance(options, str):
            if options not in PRESETS:
                raise ValueError(
                    f"`options`: expected one of {', '.join(PRESETS)}, received {options!r}"
                )
            options = PRESETS[options]
        if not isinstance(prior, PosePrior):
            prior = priors.load(options.prior if prior is None else prior, "latent")
        self.options = options
        self.num_shape = num_shape
        self.body = body
        self.card: dict = {}
        # Neither is a Keras layer, so their weights are not the network's.
        self.pose_code = PoseCode(options.pose_output, prior)
        self.front = FrontEnd() if options.keypoints == MOVENET else None
        if self.front is None:
            self.backbone = backbone.build(options)
            self.keypoints = keypoint_module.build(options)
        self.parts = (part_module if self.front is None else part_pyramid).build(options)
        self.lifting: LiftingNetwork | None = None
        if options.pose == LIFTING:
            sizes = LiftingOptions(options.lifting_width, options.lifting_blocks)
            self.lifting = LiftingNetwork(sizes, likeliest_pose(prior) if mode is None else mode)
            self.pose = self.lifting.module
        else:
            self.pose = pose_module.build(options, self.pose_code.dim, num_shape)
        self.build()

    @classmethod
    def from_preset(cls, name_or_path: str | os.PathLike[str]) -> Self:
        """Loads a pretrained network by name, or a file; the same as `hps_tf.models.load`."""
        from hps_tf.models import pretrained  # It builds networks, so it imports this module.

        return pretrained.load(name_or_path)

    @property
    def prior(self) -> PosePrior:
        """The pose prior."""
        return self.pose_code.prior

    @property
    def frozen(self) -> list[keras.Model]:
        """The models that the network uses and whose weights are not its own."""
        front = [] if self.front is None else [self.front.model]
        return [self.prior, *front]

    @property
    def modules(self) -> dict[str, keras.Model]:
        """The parts by name; without backbone and keypoints, where these are a front end's."""
        return {name: getattr(self, name) for name in MODULES if hasattr(self, name)}

    @property
    def num_parameters(self) -> int:
        """The number of parameters, without those of the front end."""
        return sum(int(np.prod(weight.shape)) for weight in self.weights)

    def call(
        self,
        images: tf.Tensor,
        training: bool = False,
        ground_truth: GroundTruthEvidence | None = None,
    ) -> RawOutput:
        """Computes the outputs of all stages; see the class.

        Args:
          images: `(B, S, S, 3)` in 0..1.
          training: As Keras has it.
          ground_truth: If given, evidence of labels that the pose module sees in place of its own.
        """
        return self.interpret(self.look(images, training), training, ground_truth)

    def look(self, images: tf.Tensor, training: bool = False) -> RawOutput:
        """Computes the features and the outputs of the first two modules.

        Raises:
          ValueError: If the images are of whole numbers or, called eagerly, not in 0..1.
        """
        checks.images("images", images)
        if self.front is not None:
            return self.front(images)
        features = self.backbone(images, training=training)
        return {"features": features, **self.keypoints(features, training=training)}

    def interpret(
        self,
        seen: RawOutput,
        training: bool = False,
        ground_truth: GroundTruthEvidence | None = None,
    ) -> RawOutput:
        """Computes the other modules' outputs from what `look` gives; see `call`."""
        outputs = dict(seen)
        heatmaps = self._evidence(outputs)
        inputs = {"features": outputs.pop("features"), "heatmaps": heatmaps}
        outputs |= self.parts(inputs, training=training)
        if self.lifting is not None:
            return outputs
        part_maps = tf.nn.softmax(outputs["part_maps"])
        if ground_truth is not None:
            heatmaps = where(ground_truth.uses_keypoints, ground_truth.heatmaps, heatmaps)
            part_maps = where(ground_truth.uses_parts, ground_truth.part_maps, part_maps)
        evidence = {"heatmaps": heatmaps, "part_maps": part_maps}
        return outputs | self.pose(evidence, training=training)

    def _evidence(self, outputs: RawOutput) -> tf.Tensor:
        """The last stage's heatmaps as later modules see them."""
        if self.front is None:
            return evidence_heatmaps(self.last_heatmaps(outputs))
        # MoveNet's show everybody: of the one person it decodes, new ones are drawn.
        stride, size = self.options.map_stride, self.options.map_size
        return draw_heatmaps(outputs["keypoints_2d"], outputs["confidence"], size, stride)

    def build(self, input_shape=None):
        """All weights are created with the network."""
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Gives the constructor's arguments and the card; see `keras.Model.get_config`."""
        return {
            "options": dataclasses.asdict(self.options),
            "prior": keras.saving.serialize_keras_object(self.prior),
            "num_shape": self.num_shape,
            "mode": None if self.lifting is None else self.lifting.mode.tolist(),
            "body": self.body,
            "card": self.card,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> Self:
        """Builds a network, without its weights, from what `get_config` gives."""
        arguments = dict(config)
        card = arguments.pop("card")
        arguments["options"] = NetworkOptions.from_dict(arguments["options"])
        arguments["prior"] = keras.saving.deserialize_keras_object(
            arguments["prior"], custom_objects=custom_objects
        )
        network = cls(**arguments)
        network.card = card
        return network

    def save_own_variables(self, store):
        """Stores the prior's weights, which a `.keras` file needs beside the network's."""
        for name, weight in self.prior.named_weights().items():
            store[name.replace("/", ".")] = weight.numpy()

    def load_own_variables(self, store):
        """Assigns what `save_own_variables` stored."""
        for name, weight in self.prior.named_weights().items():
            weight.assign(store[name.replace("/", ".")])

    def save(self, path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> None:
        """Writes the network with its prior and card; see `hps_tf.models.save`."""
        from hps_tf.models import network_file  # It builds networks, so it imports this module.

        network_file.save(self, path, dtype)

    def last_heatmaps(self, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The last stage's heatmaps, logits."""
        return outputs[f"heatmaps_{self.options.keypoint_stages}"]

    def detected(
        self, outputs: Mapping[str, tf.Tensor], ground_truth: GroundTruthEvidence | None = None
    ) -> DetectedKeypoints:
        """The keypoints found in the images, or those of the labels in their place."""
        if self.front is None:
            found = soft_argmax(self.last_heatmaps(outputs), self.options.map_stride)
        else:
            found = DetectedKeypoints(outputs["keypoints_2d"], outputs["confidence"])
        if ground_truth is None:
            return found
        return DetectedKeypoints(
            where(ground_truth.uses_keypoints, ground_truth.keypoints_2d, found.keypoints_2d),
            where(ground_truth.uses_keypoints, ground_truth.confidence, found.confidence),
        )
