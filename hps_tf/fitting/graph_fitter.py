"""Fits inside a graph that is served: stock operators, no XLA, no Python, a fixed budget.

What `Fitter` does, without slots: all starts of all people take the same number of evaluations
by L-BFGS, keypoints first and then, from the best start, keypoints and part maps. A person's result
does not depend on the others of the batch.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import starts
from hps_tf.fitting.body_variables import Anchors, BodyVariables
from hps_tf.fitting.graph_evidence import GraphEvidence, GraphFit
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import WindowedEvidence
from hps_tf.geometry import rotation_6d
from hps_tf.losses.dense_alignment import dense_alignment_loss

_NUM_STARTS = 4


class Begun(NamedTuple):
    """Bodies fitted to keypoints.

    Attributes:
      anchors: Of the best start of B people, `(B, 1, ...)`.
      variables: `(B, n)` about these.
      loss: `(B,)` of the objective.
    """

    anchors: Anchors
    variables: tf.Tensor
    loss: tf.Tensor


class GraphFitter:
    """Fits bodies by operations of the caller's graph.

    Args:
      body: The body model.
      pose: The variables of the pose, with their prior.
      weights: The weight of each term.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      num_shape: Shape components that are fitted; the others stay zero.
      keypoint_evaluations: Evaluations of the objective of keypoints that every start takes.
      aligned_evaluations: Evaluations of the objective with part maps.
    """

    def __init__(
        self,
        body: BodyModel,
        pose: PoseVariables,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        keypoint_set: str = "coco17",
        num_shape: int = 10,
        keypoint_evaluations: int = 100,
        aligned_evaluations: int = 50,
    ):
        self._body = body
        self._pose = pose
        self._weights = weights
        self._keypoint_set = keypoint_set
        self._layout = BodyVariables(pose, 1, body.num_shape, num_shape)
        self._objective = Objective(body, self._layout, keypoint_set, dense_alignment_loss)
        self._minimizer = LBFGS(self._objective, keypoint_evaluations)
        self._aligner = LBFGS(self._objective, aligned_evaluations)

    def fit(
        self, evidence: GraphEvidence, begin: Callable[[GraphEvidence], Begun] | None = None
    ) -> GraphFit:
        """Fits bodies from four global rotations and keeps the best.

        Args:
          evidence: Their evidence.
          begin: `begin` of this fitter, traced once for several graphs; itself by default.
        """
        is_sound = evidence.is_sound()
        evidence = evidence.without(~is_sound)
        shared = self._shared()
        by_keypoints = evidence._replace(part_labels=None, part_boxes=None)
        anchors, variables, loss = (begin or self.begin)(by_keypoints)
        windows = evidence.windows(anchors)
        if windows.parts:
            variables, loss = self._aligner.in_graph(variables, windows, shared)
        return self._found(variables, loss, windows, shared, is_sound)

    def begin(self, evidence: GraphEvidence) -> Begun:
        """Fits bodies to sound keypoints, without part maps, from four global rotations."""
        shared = self._shared()
        anchors = self._all_around(evidence, shared)
        by_start = evidence.repeated(_NUM_STARTS)
        count = tf.shape(anchors.rotation)[0]
        start = self._layout.join(
            tf.tile(self._pose.start()[None, None], [count, 1, 1]),
            tf.zeros([count, self._body.num_shape]),
            tf.ones([count]),
        )
        variables, loss = self._minimizer.in_graph(start, by_start.windows(anchors), shared)
        losses = tf.reshape(loss, [-1, _NUM_STARTS])
        best = tf.argmin(losses, axis=1, output_type=tf.int32)
        best += _NUM_STARTS * tf.range(tf.shape(losses)[0])
        anchors = tf.nest.map_structure(lambda part: tf.gather(part, best), anchors)
        return Begun(anchors, tf.gather(variables, best), tf.gather(loss, best))

    def refine(
        self,
        evidence: GraphEvidence,
        rotation_matrices: tf.Tensor,
        shape: tf.Tensor,
        translation: tf.Tensor,
    ) -> GraphFit:
        """Fits bodies from bodies at hand, a network's.

        Args:
          evidence: Their evidence.
          rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
          shape: `(B, S)`.
          translation: `(B, 3)` metres.
        """
        is_sound = evidence.is_sound()
        evidence = evidence.without(~is_sound)
        shared = self._shared()
        root = rotation_6d.from_matrix(rotation_matrices[:, 0])
        anchors = Anchors.of(root[:, None], translation[:, None], self._body.num_shape)
        windows = evidence.windows(anchors)
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
        around = starts.placed(
            self._body,
            pose,
            starts.global_rotations(_NUM_STARTS),
            self._keypoint_set,
            evidence.keypoints,
            evidence.confidence,
            evidence.intrinsics,
        )
        rotation, translation = (tf.reshape(part, [-1, 1, part.shape[-1]]) for part in around)
        return Anchors.of(rotation, translation, self._body.num_shape)

    def _shared(self) -> Shared:
        weights = Weights(*(tf.constant(weight, tf.float32) for weight in self._weights))
        return Shared(weights, self._pose.parameters())

    def _found(
        self,
        variables: tf.Tensor,
        loss: tf.Tensor,
        windows: WindowedEvidence,
        shared: Shared,
        is_sound: tf.Tensor,
    ) -> GraphFit:
        return GraphFit.of_bodies(
            self._body,
            self._keypoint_set,
            self._layout.split(variables, windows.anchors, shared.parameters),
            loss,
            windows.intrinsics[:, 0],
            is_sound,
        )
