"""The staged network: image → keypoint heatmaps → body-part maps → pose and shape (§2.3)."""

import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import DTypeLike

from hps_tf.geometry import checks
from hps_tf.models import (
    backbone,
    keypoint_module,
    part_module,
    part_pyramid,
    pose_module,
)
from hps_tf.models.evidence_scale import HEATMAP_SPREAD
from hps_tf.models.front_end import FrontEnd
from hps_tf.models.lifting_network import LiftingNetwork, LiftingOptions
from hps_tf.models.presets import LATENT, LIFTING, MOVENET, NetworkOptions
from hps_tf.models.soft_argmax import DetectedKeypoints, probabilities, soft_argmax
from hps_tf.priors import pose_space
from hps_tf.priors.flow import FlowPrior

MODULES = ("backbone", "keypoints", "parts", "pose")

EVIDENCE = ("keypoints", "parts")
"""What may be known in place of what was found."""

RawOutput = dict[str, tf.Tensor]


class KnownEvidence(NamedTuple):
    """What a flawless network would have found in images.

    Attributes:
      uses_keypoints: `(B,)` bool, in which images its keypoints are to be used.
      uses_parts: `(B,)` bool, in which images its parts are.
      heatmaps: `(B, h, h, 17)`, 1 at a keypoint.
      part_maps: `(B, h, h, 15)` probabilities.
      keypoints_2d: `(B, 17, 2)`, pixels of the image.
      confidence: `(B, 17)` theirs.
    """

    uses_keypoints: tf.Tensor
    uses_parts: tf.Tensor
    heatmaps: tf.Tensor
    part_maps: tf.Tensor
    keypoints_2d: tf.Tensor
    confidence: tf.Tensor


class StagedNetwork(keras.Model):
    """The network, without the body: its outputs are numbers that `BodyDecoder` makes people of.

    Called with images `(B, S, S, 3)` float in 0..1, it gives a dictionary of

    * `heatmaps_1`.. `(B, h, h, 17)` and `part_maps` `(B, h, h, 15)` logits,
    * `pose_1`.. `(B, 6 + D)` and `shape_1`.. `(B, num_shape)`, one a stage, the last the best,

    and, with MoveNet's keypoints, also what `FrontEnd` finds. A lifting module sees keypoints and
    cameras, and no maps: it is not called here, but by a `Lifter` of `lifting`.

    Args:
      options: Its sizes.
      prior: The pose prior whose latents are the pose output, or whose most likely pose is what a
        pose output of zero means.
      num_shape: Shape components of the body.
      mode: `(126,)` another pose that the lifting module's outputs are offsets from.

    Attributes:
      options: Its sizes.
      prior: The pose prior; not trained here.
      num_shape: Shape components of the body.
      lifting: The lifting network, where `pose` is its module.
      modules: The parts that can be trained alone, by name.
      card: What it was trained on and how, and the figures measured.
    """

    def __init__(
        self,
        options: NetworkOptions,
        prior: FlowPrior,
        num_shape: int,
        mode: np.ndarray | None = None,
    ):
        super().__init__(name="staged_network")
        self.options = options
        self.num_shape = num_shape
        self.card: dict = {}
        front = FrontEnd() if options.keypoints == MOVENET else None
        # In a dictionary that Keras does not track: these weights are not the network's.
        object.__setattr__(self, "_untracked", {"prior": prior, "front": front})
        if front is None:
            self.backbone = backbone.build(options)
            self.keypoints = keypoint_module.build(options)
        self.parts = (part_module if front is None else part_pyramid).build(options)
        self.lifting: LiftingNetwork | None = None
        if options.pose == LIFTING:
            sizes = LiftingOptions(options.lifting_width, options.lifting_blocks)
            self.lifting = LiftingNetwork(sizes, likeliest_pose(prior) if mode is None else mode)
            self.pose = self.lifting.module
        else:
            latent = options.pose_output == LATENT
            num_pose = prior.latent_dim if latent else pose_space.get(options.pose_output).dim
            self.pose = pose_module.build(options, num_pose, num_shape)

    @property
    def prior(self) -> FlowPrior:
        """The pose prior."""
        return self._untracked["prior"]

    @property
    def front(self) -> FrontEnd | None:
        """The frozen front end, where there is one; its weights are not the network's."""
        return self._untracked["front"]

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
        known: KnownEvidence | None = None,
    ) -> RawOutput:
        """Computes the outputs of all stages; see the class.

        Args:
          images: `(B, S, S, 3)` in 0..1.
          training: As Keras has it.
          known: If given, the pose module sees this in place of what was found in some images.
        """
        return self.interpret(self.look(images, training), training, known)

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
        known: KnownEvidence | None = None,
    ) -> RawOutput:
        """Computes the other modules' outputs from what `look` gives; see `call`."""
        outputs = dict(seen)
        heatmaps = self._evidence(outputs)
        inputs = {"features": outputs.pop("features"), "heatmaps": heatmaps}
        outputs |= self.parts(inputs, training=training)
        if self.lifting is not None:
            return outputs
        part_maps = tf.nn.softmax(outputs["part_maps"])
        if known is not None:
            heatmaps = where(known.uses_keypoints, known.heatmaps, heatmaps)
            part_maps = where(known.uses_parts, known.part_maps, part_maps)
        evidence = {"heatmaps": heatmaps, "part_maps": part_maps}
        return outputs | self.pose(evidence, training=training)

    def _evidence(self, outputs: RawOutput) -> tf.Tensor:
        """The last stage's heatmaps as later modules see them."""
        if self.front is None:
            return evidence_heatmaps(self.last_heatmaps(outputs))
        # MoveNet's show everybody: of the one person it decodes, new ones are drawn.
        stride, size = self.options.map_stride, self.options.map_size
        return draw_heatmaps(outputs["keypoints_2d"], outputs["confidence"], size, stride)

    def save(self, path: str | os.PathLike[str], dtype: DTypeLike = np.float32) -> None:
        """Writes the network with its prior and card; see `hps_tf.models.save`."""
        from hps_tf.models import network_file  # It builds networks, so it imports this module.

        network_file.save(path, self, dtype)

    def last_heatmaps(self, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The last stage's heatmaps, logits."""
        return outputs[f"heatmaps_{self.options.keypoint_stages}"]

    def detected(
        self, outputs: Mapping[str, tf.Tensor], known: KnownEvidence | None = None
    ) -> DetectedKeypoints:
        """The keypoints found in the images, or in their place those known."""
        if self.front is None:
            found = soft_argmax(self.last_heatmaps(outputs), self.options.map_stride)
        else:
            found = DetectedKeypoints(outputs["keypoints_2d"], outputs["confidence"])
        if known is None:
            return found
        return DetectedKeypoints(
            where(known.uses_keypoints, known.keypoints_2d, found.keypoints_2d),
            where(known.uses_keypoints, known.confidence, found.confidence),
        )


def where(is_first: tf.Tensor, first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Takes whole examples of one tensor or the other, by `(B,)` bool."""
    return tf.where(tf.reshape(is_first, [-1] + [1] * (first.shape.rank - 1)), first, second)


def evidence_heatmaps(logits: tf.Tensor) -> tf.Tensor:
    """Heatmaps as later modules see them: 1 at the peak of a target, lower where unsure."""
    peak = 1.0 / (2.0 * np.pi * HEATMAP_SPREAD**2)
    return tf.minimum(probabilities(logits) / peak, 2.0)


def draw_heatmaps(
    keypoints_2d: tf.Tensor, weights: tf.Tensor, map_size: int, map_stride: int
) -> tf.Tensor:
    """Draws heatmaps `(B, h, h, 17)` with peaks as high as the weights.

    Args:
      keypoints_2d: `(B, 17, 2)`, pixels of the image.
      weights: `(B, 17)`.
      map_size: Their side h.
      map_stride: Pixels of the image to one of the maps.
    """
    offsets = (keypoints_2d[..., tf.newaxis] + 0.5) / map_stride - 0.5
    offsets -= tf.range(map_size, dtype=tf.float32)
    across, down = tf.unstack(tf.exp(-0.5 * tf.square(offsets / HEATMAP_SPREAD)), axis=2)
    return tf.einsum("bk,bkh,bkw->bhwk", weights, down, across)


def known_evidence(
    is_used: tf.Tensor,
    keypoints_2d: tf.Tensor,
    weights: tf.Tensor,
    part_labels: tf.Tensor,
    map_stride: int,
    kinds: Collection[str] = EVIDENCE,
) -> KnownEvidence:
    """Makes evidence of labels.

    Args:
      is_used: `(B,)` bool, in which images it is to be used.
      keypoints_2d: `(B, 17, 2)` labelled keypoints, pixels of the image.
      weights: `(B, 17)`, 0 of those not labelled.
      part_labels: `(B, h, h)` integers.
      map_stride: Pixels of the image to one of the maps.
      kinds: Which of `EVIDENCE` is to be used.
    """
    keypoints_2d, weights = map(tf.convert_to_tensor, (keypoints_2d, weights))
    nowhere = tf.zeros_like(is_used)
    heatmaps = draw_heatmaps(keypoints_2d, weights, part_labels.shape[1], map_stride)
    part_maps = tf.one_hot(tf.cast(part_labels, tf.int32), part_module.NUM_LABELS)
    uses_keypoints, uses_parts = (is_used if kind in kinds else nowhere for kind in EVIDENCE)
    return KnownEvidence(uses_keypoints, uses_parts, heatmaps, part_maps, keypoints_2d, weights)


def likeliest_pose(prior: FlowPrior) -> np.ndarray:
    """The prior's most likely pose in 6D, `(126,)`."""
    likely = prior.decode(tf.zeros((1, prior.latent_dim)))
    return pose_space.SIX_D.from_matrices(prior.space.to_matrices(likely))[0].numpy()
