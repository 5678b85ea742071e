"""Image observations and the bodies fitted to them, as tensors of a served graph."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import evidence_rules
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.windows import Parts, WindowedEvidence, pixel_size
from hps_tf.geometry import camera
from hps_tf.losses.dense_alignment import list_part_pixels
from hps_tf.models.evidence_maps import where


class GraphEvidence(NamedTuple):
    """The evidence of B people; see `hps_tf.fitting.Evidence`.

    Attributes:
      keypoints: `(B, K, 2)` pixels.
      confidence: `(B, K)`; 0 where missing.
      intrinsics: `(B, 3, 3)`.
      part_labels: `(B, H, W)` uint8, H and W known; None without part maps.
      part_boxes: `(B, 4)` of the maps in the image; None without part maps.
    """

    keypoints: tf.Tensor
    confidence: tf.Tensor
    intrinsics: tf.Tensor
    part_labels: tf.Tensor | None = None
    part_boxes: tf.Tensor | None = None

    def is_sound(self) -> tf.Tensor:
        """Tells of which people the evidence can be fitted, `(B,)` bool."""
        return evidence_rules.all_hold(self)

    def without(self, is_bad: tf.Tensor) -> "GraphEvidence":
        """Replaces invalid evidence with a trivially solvable problem."""
        labels, boxes = self.part_labels, self.part_boxes
        harmless = GraphEvidence(
            keypoints=tf.zeros_like(self.keypoints),
            confidence=tf.ones_like(self.confidence),
            intrinsics=tf.broadcast_to(tf.eye(3), tf.shape(self.intrinsics)),
            part_labels=None if labels is None else tf.zeros_like(labels),
            part_boxes=None if boxes is None else tf.ones_like(boxes),
        )
        return _each(lambda other, given: where(is_bad, other, given), harmless, self)

    def repeated(self, times: int) -> "GraphEvidence":
        """Repeats each person."""
        return _each(lambda part: tf.repeat(part, times, axis=0), self)

    def windows(self, anchors: Any) -> WindowedEvidence:
        """Arranges the evidence by problem; windows have one frame."""
        size = pixel_size(self.keypoints, self.confidence)
        parts: tuple = ()
        if self.part_labels is not None and self.part_boxes is not None:
            _, height, width = self.part_labels.shape
            area = tf.reduce_prod(self.part_boxes[:, 2:], axis=1)
            lists = list_part_pixels(self.part_labels)
            parts = Parts(
                pixels=tf.nest.map_structure(lambda a: a[:, None], lists),
                boxes=self.part_boxes[:, None],
                pixel_size=(size * tf.sqrt(area / (height * width)))[:, None],
            )
        return WindowedEvidence(
            keypoints=self.keypoints[:, None],
            confidence=self.confidence[:, None],
            intrinsics=self.intrinsics[:, None],
            pixel_size=size[:, None],
            anchors=anchors,
            parts=parts,
        )


class GraphFit(NamedTuple):
    """Fitted bodies of B people; zeros and no rotation of whom nothing could be fitted.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
      shape: `(B, S)`.
      translation: `(B, 3)` metres.
      vertices: `(B, V, 3)` metres in the camera frame.
      joints: `(B, 24, 3)` metres in the camera frame.
      keypoints_2d: `(B, K, 2)` pixels of the fitted body's keypoints.
      loss: `(B,)` of the objective.
      is_valid: `(B,)` bool.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    vertices: tf.Tensor
    joints: tf.Tensor
    keypoints_2d: tf.Tensor
    loss: tf.Tensor
    is_valid: tf.Tensor

    def otherwise(self, other: "GraphFit") -> "GraphFit":
        """Takes the bodies of people that could not be fitted from elsewhere."""
        return GraphFit(*(where(self.is_valid, *parts) for parts in zip(self, other, strict=True)))

    @classmethod
    def of_bodies(
        cls,
        body: BodyModel,
        keypoint_set: str,
        bodies: BodyParams,
        loss: tf.Tensor,
        intrinsics: tf.Tensor,
        is_sound: tf.Tensor,
    ) -> "GraphFit":
        """Describes what a solver found for windows of one frame.

        Args:
          body: The body model.
          keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
          bodies: The bodies.
          loss: `(B,)`; where it is not finite nothing was found.
          intrinsics: `(B, 3, 3)`.
          is_sound: `(B,)` bool, of whom the evidence could be fitted.
        """
        arguments = {
            "rotation_matrices": bodies.rotation_matrices[:, 0],
            "shape": bodies.shape,
            "translation": bodies.translation[:, 0],
        }
        vertices, joints = body(**arguments)
        keypoints = body.keypoints(keypoint_set, **arguments)
        is_valid = is_sound & tf.math.is_finite(loss)
        found = cls(
            **arguments,
            vertices=vertices,
            joints=joints,
            keypoints_2d=camera.project(keypoints, intrinsics),
            loss=loss,
            is_valid=is_valid,
        )
        nothing = tf.nest.map_structure(tf.zeros_like, found)._replace(
            rotation_matrices=tf.broadcast_to(tf.eye(3), tf.shape(found.rotation_matrices))
        )
        return found.otherwise(nothing)


def _each(function: Callable[..., tf.Tensor], *evidence: GraphEvidence) -> GraphEvidence:
    """Applies a function to every part that the evidence has."""
    return GraphEvidence(
        *(None if parts[0] is None else function(*parts) for parts in zip(*evidence, strict=True))
    )
