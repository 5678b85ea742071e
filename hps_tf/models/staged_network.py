"""The staged network: image → keypoint heatmaps → body-part maps → pose and shape (§2.3)."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from hps_tf.models import backbone, keypoint_module, part_module, pose_module
from hps_tf.models.evidence_scale import HEATMAP_SPREAD
from hps_tf.models.presets import LATENT, NetworkOptions
from hps_tf.models.soft_argmax import probabilities
from hps_tf.priors import pose_space
from hps_tf.priors.flow import PosePrior

MODULES = ("backbone", "keypoints", "parts", "pose")

RawOutput = dict[str, tf.Tensor]


class KnownEvidence(NamedTuple):
    """What a flawless network would have found in images.

    Attributes:
      is_used: `(B,)` bool, in which images it is to be used.
      heatmaps: `(B, h, h, 17)`, 1 at a keypoint.
      part_maps: `(B, h, h, 15)` probabilities.
      keypoints_2d: `(B, 17, 2)`, pixels of the image.
      confidence: `(B, 17)` theirs.
    """

    is_used: tf.Tensor
    heatmaps: tf.Tensor
    part_maps: tf.Tensor
    keypoints_2d: tf.Tensor
    confidence: tf.Tensor


class StagedNetwork(keras.Model):
    """The network, without the body: its outputs are numbers that `BodyDecoder` makes people of.

    Called with images `(B, S, S, 3)` float in 0..1, it gives a dictionary of

    * `heatmaps_1`.. `(B, h, h, 17)` and `part_maps` `(B, h, h, 15)` logits,
    * `pose_1`.. `(B, 6 + D)` and `shape_1`.. `(B, num_shape)`, one a stage, the last the best.

    Args:
      options: Its sizes.
      prior: The pose prior whose latents are the pose output, or whose most likely pose is what a
        pose output of zero means.
      num_shape: Shape components of the body.

    Attributes:
      options: Its sizes.
      prior: The pose prior; not trained here.
      num_shape: Shape components of the body.
      modules: The four parts that can be trained alone, by name.
      card: What it was trained on and how, and the figures measured.
    """

    def __init__(self, options: NetworkOptions, prior: PosePrior, num_shape: int):
        super().__init__(name="staged_network")
        self.options = options
        self.num_shape = num_shape
        self.card: dict = {}
        # In a dictionary that Keras does not track: the prior's weights are not the network's.
        object.__setattr__(self, "_untracked", {"prior": prior})
        num_pose = prior.latent_dim if options.pose_output == LATENT else _space(options).dim
        self.backbone = backbone.build(options)
        self.keypoints = keypoint_module.build(options)
        self.parts = part_module.build(options)
        self.pose = pose_module.build(options, num_pose, num_shape)

    @property
    def prior(self) -> PosePrior:
        """The pose prior."""
        return self._untracked["prior"]

    @property
    def modules(self) -> dict[str, keras.Model]:
        """The four parts by name."""
        return {name: getattr(self, name) for name in MODULES}

    @property
    def num_parameters(self) -> int:
        """The number of parameters."""
        return sum(int(np.prod(weight.shape)) for weight in self.weights)

    def call(
        self, images: tf.Tensor, training: bool = False, known: KnownEvidence | None = None
    ) -> RawOutput:
        """Computes the outputs of all stages; see the class.

        Args:
          images: `(B, S, S, 3)`.
          training: As Keras has it.
          known: If given, the pose module sees this in place of what was found in some images.
        """
        features = self.backbone(images, training=training)
        outputs = dict(self.keypoints(features, training=training))
        heatmaps = evidence_heatmaps(self.last_heatmaps(outputs))
        outputs |= self.parts({"features": features, "heatmaps": heatmaps}, training=training)
        part_maps = tf.nn.softmax(outputs["part_maps"])
        if known is not None:
            is_used = known.is_used[:, tf.newaxis, tf.newaxis, tf.newaxis]
            heatmaps = tf.where(is_used, known.heatmaps, heatmaps)
            part_maps = tf.where(is_used, known.part_maps, part_maps)
        outputs |= self.pose({"heatmaps": heatmaps, "part_maps": part_maps}, training=training)
        return outputs

    def last_heatmaps(self, outputs: RawOutput) -> tf.Tensor:
        """The last stage's heatmaps, logits."""
        return outputs[f"heatmaps_{self.options.keypoint_stages}"]


def evidence_heatmaps(logits: tf.Tensor) -> tf.Tensor:
    """Heatmaps as later modules see them: 1 at the peak of a target, lower where unsure."""
    peak = 1.0 / (2.0 * np.pi * HEATMAP_SPREAD**2)
    return tf.minimum(probabilities(logits) / peak, 2.0)


def known_evidence(
    is_used: tf.Tensor,
    keypoints_2d: tf.Tensor,
    weights: tf.Tensor,
    part_labels: tf.Tensor,
    map_stride: int,
) -> KnownEvidence:
    """Makes evidence of labels.

    Args:
      is_used: `(B,)` bool, in which images it is to be used.
      keypoints_2d: `(B, 17, 2)` labelled keypoints, pixels of the image.
      weights: `(B, 17)`, 0 of those not labelled.
      part_labels: `(B, h, h)` integers.
      map_stride: Pixels of the image to one of the maps.
    """
    size = part_labels.shape[1]
    offsets = (
        (keypoints_2d[..., tf.newaxis] + 0.5) / map_stride - 0.5 - tf.range(size, dtype=tf.float32)
    )
    across, down = tf.unstack(tf.exp(-0.5 * tf.square(offsets / HEATMAP_SPREAD)), axis=2)
    heatmaps = tf.einsum("bk,bkh,bkw->bhwk", weights, down, across)
    part_maps = tf.one_hot(tf.cast(part_labels, tf.int32), part_module.NUM_LABELS)
    return KnownEvidence(is_used, heatmaps, part_maps, keypoints_2d, weights)


def _space(options: NetworkOptions) -> pose_space.PoseSpace:
    return pose_space.get(options.pose_output)
