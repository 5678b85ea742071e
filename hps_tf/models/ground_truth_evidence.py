"""Evidence made of labels, which replaces the network's own: teacher forcing."""

from collections.abc import Collection
from typing import NamedTuple

import tensorflow as tf

from hps_tf.models import part_module
from hps_tf.models.evidence_maps import draw_heatmaps

EVIDENCE = ("keypoints", "parts")
"""The kinds of evidence that labels may replace."""


class GroundTruthEvidence(NamedTuple):
    """Heatmaps, part maps and keypoints made of the labels: teacher forcing.

    Attributes:
      uses_keypoints: `(B,)` bool, in which images heatmaps and keypoints replace those found.
      uses_parts: `(B,)` bool, in which images the part maps do.
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

    @classmethod
    def from_labels(
        cls,
        is_used: tf.Tensor,
        keypoints_2d: tf.Tensor,
        weights: tf.Tensor,
        part_labels: tf.Tensor,
        map_stride: int,
        kinds: Collection[str] = EVIDENCE,
    ) -> "GroundTruthEvidence":
        """Makes the evidence from labels.

        Args:
          is_used: `(B,)` bool, in which images it is used.
          keypoints_2d: `(B, 17, 2)` labelled keypoints, pixels of the image.
          weights: `(B, 17)`, 0 of those not labelled.
          part_labels: `(B, h, h)` integers.
          map_stride: Pixels of the image per pixel of the maps.
          kinds: Which of `EVIDENCE` is used.
        """
        keypoints_2d, weights = map(tf.convert_to_tensor, (keypoints_2d, weights))
        nowhere = tf.zeros_like(is_used)
        heatmaps = draw_heatmaps(keypoints_2d, weights, part_labels.shape[1], map_stride)
        part_maps = tf.one_hot(tf.cast(part_labels, tf.int32), part_module.NUM_LABELS)
        uses_keypoints, uses_parts = (is_used if kind in kinds else nowhere for kind in EVIDENCE)
        return cls(uses_keypoints, uses_parts, heatmaps, part_maps, keypoints_2d, weights)
