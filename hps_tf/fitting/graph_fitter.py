"""Fits inside a graph that is served: stock operators, no XLA, no Python, a fixed budget.

What `Fitter` does, without its lanes: all starts of all people take the same number of evaluations
by L-BFGS, keypoints first and then, from the best start, keypoints and part maps. A person's result
does not depend on the others of the batch.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.parts import NUM_PARTS
from hps_tf.fitting import starts
from hps_tf.fitting.body_variables import Anchors, BodyVariables
from hps_tf.fitting.lbfgs import Minimizer
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import Parts, Windows, pixel_size
from hps_tf.geometry import camera, rotation_6d
from hps_tf.losses.dense_alignment import dense_alignment_loss, list_part_pixels

_NUM_STARTS = 4


class GraphEvidence(NamedTuple):
    """What is seen of B people; see `hps_tf.fitting.Evidence`.

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
        is_seen = self.confidence > 0.0
        is_given = tf.reduce_all(tf.math.is_finite(self.keypoints), axis=2) | ~is_seen
        focal_lengths = tf.linalg.diag_part(self.intrinsics)[:, :2]
        sound = (
            tf.reduce_any(is_seen, axis=1)
            & tf.reduce_all(is_given, axis=1)
            & tf.reduce_all(tf.math.is_finite(self.confidence) & (self.confidence >= 0.0), axis=1)
            & tf.reduce_all(tf.math.is_finite(self.intrinsics), axis=(1, 2))
            & tf.reduce_all(focal_lengths > 0.0, axis=1)
        )
        if self.part_labels is not None and self.part_boxes is not None:
            sound &= tf.reduce_all(self.part_labels <= NUM_PARTS, axis=(1, 2))
            sound &= tf.reduce_all(tf.math.is_finite(self.part_boxes), axis=1)
            sound &= tf.reduce_all(self.part_boxes[:, 2:] > 0.0, axis=1)
        return sound


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
        return GraphFit(*(_where(self.is_valid, *parts) for parts in zip(self, other, strict=True)))


class GraphFitter:
    """Fits bodies by operations of the caller's graph.

    Args:
      body: The body model.
      pose: The variables of the pose, with their prior.
      weights: What each term counts.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      num_shape: Shape components that are fitted; the others stay zero.
      keypoint_calls: Evaluations of the objective of keypoints that every start takes.
      aligned_calls: Evaluations of the objective with part maps.
    """

    def __init__(
        self,
        body: BodyModel,
        pose: PoseVariables,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        keypoint_set: str = "coco17",
        num_shape: int = 10,
        keypoint_calls: int = 100,
        aligned_calls: int = 50,
    ):
        self._body = body
        self._pose = pose
        self._weights = weights
        self._keypoint_set = keypoint_set
        self._layout = BodyVariables(pose, 1, body.num_shape, num_shape)
        self._objective = Objective(body, self._layout, keypoint_set, dense_alignment_loss)
        self._minimizer = Minimizer(self._objective, keypoint_calls)
        self._aligner = Minimizer(self._objective, aligned_calls)

    def fit(self, evidence: GraphEvidence) -> GraphFit:
        """Fits bodies from four global rotations and keeps the best."""
        is_sound = evidence.is_sound()
        evidence = _without(evidence, ~is_sound)
        shared = self._shared()
        anchors = self._all_around(evidence, shared)
        by_start = evidence._replace(part_labels=None, part_boxes=None)
        by_start = _each(lambda part: tf.repeat(part, _NUM_STARTS, axis=0), by_start)
        count = tf.shape(anchors.rotation)[0]
        start = self._layout.join(
            tf.tile(self._pose.start()[None, None], [count, 1, 1]),
            tf.zeros([count, self._body.num_shape]),
            tf.ones([count]),
        )
        variables, loss = self._minimizer.in_graph(start, _windows(by_start, anchors), shared)
        losses = tf.reshape(loss, [-1, _NUM_STARTS])
        best = tf.argmin(losses, axis=1, output_type=tf.int32)
        best += _NUM_STARTS * tf.range(tf.shape(losses)[0])
        anchors = Anchors(*(tf.gather(part, best) for part in anchors))
        variables, loss = tf.gather(variables, best), tf.gather(loss, best)
        windows = _windows(evidence, anchors)
        if windows.parts:
            variables, loss = self._aligner.in_graph(variables, windows, shared)
        return self._found(variables, loss, windows, shared, is_sound)

    def refine(
        self,
        evidence: GraphEvidence,
        rotation_matrices: tf.Tensor,
        shape: tf.Tensor,
        translation: tf.Tensor,
    ) -> GraphFit:
        """Fits bodies from bodies at hand, a network's.

        Args:
          evidence: What is seen of them.
          rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
          shape: `(B, S)`.
          translation: `(B, 3)` metres.
        """
        is_sound = evidence.is_sound()
        evidence = _without(evidence, ~is_sound)
        shared = self._shared()
        root = rotation_6d.from_matrix(rotation_matrices[:, 0])
        windows = _windows(evidence, Anchors(root[:, None], translation[:, None]))
        pose = self._pose.encode(rotation_matrices)
        variables = self._layout.join(pose[:, None], shape, tf.ones_like(shape[:, 0]))
        keypoints_alone = windows._replace(parts=())
        variables, loss = self._minimizer.in_graph(variables, keypoints_alone, shared)
        if windows.parts:
            variables, loss = self._aligner.in_graph(variables, windows, shared)
        return self._found(variables, loss, windows, shared, is_sound)

    def _all_around(self, evidence: GraphEvidence, shared: Shared) -> Anchors:
        """Anchors of all starts of all people, `(4 B, 1, ...)`."""
        pose = self._pose.rotation_matrices(self._pose.start()[None], shared.parameters)[0]
        around = starts.anchors(
            self._body,
            pose,
            starts.global_rotations(_NUM_STARTS),
            self._keypoint_set,
            evidence.keypoints,
            evidence.confidence,
            evidence.intrinsics,
        )
        return Anchors(*(tf.reshape(part, [-1, 1, part.shape[-1]]) for part in around))

    def _shared(self) -> Shared:
        weights = Weights(*(tf.constant(weight, tf.float32) for weight in self._weights))
        return Shared(weights, self._pose.parameters())

    def _found(
        self,
        variables: tf.Tensor,
        loss: tf.Tensor,
        windows: Windows,
        shared: Shared,
        is_sound: tf.Tensor,
    ) -> GraphFit:
        bodies = self._layout.split(variables, windows.anchors, shared.parameters)
        arguments = {
            "rotation_matrices": bodies.rotation_matrices[:, 0],
            "shape": bodies.shape,
            "translation": bodies.translation[:, 0],
        }
        vertices, joints = self._body(**arguments)
        keypoints = self._body.keypoints(self._keypoint_set, **arguments)
        is_valid = is_sound & tf.math.is_finite(loss)
        parts = (
            *arguments.values(),
            vertices,
            joints,
            camera.project(keypoints, windows.intrinsics[:, 0]),
            loss,
        )
        rotations, *others = parts
        unturned = tf.broadcast_to(tf.eye(3), tf.shape(rotations))
        found = [
            _where(is_valid, rotations, unturned),
            *(_where(is_valid, part, tf.zeros_like(part)) for part in others),
            is_valid,
        ]
        return GraphFit(*found)


def _windows(evidence: GraphEvidence, anchors: Anchors) -> Windows:
    """The evidence by problem; windows have one frame."""
    size = pixel_size(evidence.keypoints, evidence.confidence)
    parts: tuple = ()
    if evidence.part_labels is not None and evidence.part_boxes is not None:
        _, height, width = evidence.part_labels.shape
        area = tf.reduce_prod(evidence.part_boxes[:, 2:], axis=1)
        lists = list_part_pixels(evidence.part_labels)
        parts = Parts(
            pixels=tf.nest.map_structure(lambda a: a[:, None], lists),
            boxes=evidence.part_boxes[:, None],
            pixel_size=(size * tf.sqrt(area / (height * width)))[:, None],
        )
    return Windows(
        keypoints=evidence.keypoints[:, None],
        confidence=evidence.confidence[:, None],
        intrinsics=evidence.intrinsics[:, None],
        pixel_size=size[:, None],
        anchors=anchors,
        parts=parts,
    )


def _without(evidence: GraphEvidence, is_bad: tf.Tensor) -> GraphEvidence:
    """Puts something harmless in the place of evidence that cannot be fitted."""
    harmless = GraphEvidence(
        keypoints=tf.zeros_like(evidence.keypoints),
        confidence=tf.ones_like(evidence.confidence),
        intrinsics=tf.broadcast_to(tf.eye(3), tf.shape(evidence.intrinsics)),
        part_labels=None if evidence.part_labels is None else tf.zeros_like(evidence.part_labels),
        part_boxes=None if evidence.part_boxes is None else tf.ones_like(evidence.part_boxes),
    )
    return _each(lambda other, given: _where(is_bad, other, given), harmless, evidence)


def _each(function: Callable[..., tf.Tensor], *evidence: GraphEvidence) -> GraphEvidence:
    """Applies a function to every part that the evidence has."""
    return GraphEvidence(
        *(None if parts[0] is None else function(*parts) for parts in zip(*evidence, strict=True))
    )


def _where(chooses: tf.Tensor, first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Chooses by item of the batch, `(B,)`."""
    by_item = tf.reshape(chooses, [-1] + [1] * (len(first.shape) - 1))
    return tf.where(by_item, first, second)
