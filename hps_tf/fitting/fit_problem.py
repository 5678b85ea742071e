"""The minimization problem of a fit: what is minimized, from where, beside which evidence."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import starts
from hps_tf.fitting.body_variables import Anchors, BodyParams, BodyVariables
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.fitting.weights import Weights
from hps_tf.fitting.windows import WindowedEvidence, arrange, arrange_parts, by_window, check
from hps_tf.geometry import rotation_6d


class FitProblem(NamedTuple):
    """M small independent problems, one for each start of each window.

    `objective(variables, windows, shared)` gives their `(M,)` losses and has gradients.

    Attributes:
      objective: The objective.
      start: `(M, size)` initial variables.
      windows: The evidence of each problem, M rows.
      shared: Weights and prior.
    """

    objective: Objective
    start: np.ndarray
    windows: WindowedEvidence
    shared: Shared


class ProblemBuilder:
    """Makes the problems of one kind of evidence.

    Args:
      body: The body model.
      layout: The variables.
      objective: The objective.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      map_size: Height and width of the part maps; None to leave maps aside.
    """

    def __init__(
        self,
        body: BodyModel,
        layout: BodyVariables,
        objective: Objective,
        keypoint_set: str,
        map_size: tuple[int, int] | None,
    ):
        self._body = body
        self._layout = layout
        self._objective = objective
        self._keypoint_set = keypoint_set
        self._map_size = map_size
        # Operation by operation, a flow's decoder takes half a second.
        self._placed = tf.function(self._all_around, autograph=False, reduce_retracing=True)

    def all_around(
        self, evidence: Evidence, pose: PoseVariables, weights: Weights, num_starts: int
    ) -> FitProblem:
        """Starts every window from global rotations all around, a window's starts side by side.

        Raises:
          ValueError: If the evidence is of another kind.
        """
        self._check(evidence)
        around = self._placed(
            tf.constant(pose.start()),
            pose.parameters(),
            tf.constant(starts.global_rotations(num_starts)),
            tf.constant(evidence.keypoints),
            tf.constant(evidence.confidence),
            tf.constant(evidence.intrinsics),
        )
        num_frames = self._layout.num_frames
        rotation, translation = (_by_problem(part.numpy(), num_frames) for part in around)
        anchors = Anchors.of(rotation, translation, self._body.num_shape)
        variables = self._layout.join(
            tf.tile(pose.start()[None, None], [len(rotation), num_frames, 1]),
            anchors.shape,
            tf.ones(len(rotation)),
        )
        return self._arranged(evidence, variables, anchors, pose, weights)

    def at(
        self,
        evidence: Evidence,
        start: BodyParams,
        pose: PoseVariables,
        weights: Weights,
        holds_shape: bool,
    ) -> FitProblem:
        """Starts every window from bodies at hand.

        Raises:
          ValueError: If the evidence is of another kind.
        """
        self._check(evidence)
        rotation = rotation_6d.from_matrix(start.rotation_matrices[:, :, 0])
        anchors = Anchors.of(rotation, start.translation, self._body.num_shape)
        shape = tf.constant(start.shape, tf.float32)
        if holds_shape:
            anchors = anchors._replace(shape=shape, fits_shape=tf.zeros_like(anchors.fits_shape))
            shape = tf.zeros_like(shape)
        variables = self._layout.join(start.pose_variables, shape, start.focal_scale)
        return self._arranged(evidence, variables, anchors, pose, weights)

    def _all_around(
        self,
        start: tf.Tensor,
        parameters: Parameters,
        rotations: tf.Tensor,
        keypoints: tf.Tensor,
        confidence: tf.Tensor,
        intrinsics: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Places a pose, `(n,)` variables, for every person and global rotation."""
        pose = self._layout.pose.rotation_matrices(start[None], parameters)[0]
        return starts.placed(
            self._body, pose, rotations, self._keypoint_set, keypoints, confidence, intrinsics
        )

    def _check(self, evidence: Evidence) -> None:
        check(evidence, self._layout.num_frames, self._keypoint_set, self._map_size)

    def _arranged(
        self,
        evidence: Evidence,
        variables: tf.Tensor,
        anchors: Anchors,
        pose: PoseVariables,
        weights: Weights,
    ) -> FitProblem:
        num_frames = self._layout.num_frames
        num_windows = len(evidence) // num_frames
        rows = np.arange(num_windows).repeat(len(variables) // num_windows)
        anchors = tf.nest.map_structure(np.asarray, anchors)
        windows = arrange(evidence, num_frames, rows, anchors)
        if self._map_size is not None:
            windows = windows._replace(parts=arrange_parts(evidence, num_frames, rows))
        tensors = Weights(*(tf.constant(weight, tf.float32) for weight in weights))
        shared = Shared(tensors, pose.parameters())
        return FitProblem(self._objective, variables.numpy(), windows, shared)


def _by_problem(part: np.ndarray, num_frames: int) -> np.ndarray:
    """`(W T, starts, n)` to `(W starts, T, n)`: the frames of a window start alike."""
    windows = by_window(part, num_frames)
    return np.ascontiguousarray(windows.swapaxes(1, 2).reshape(-1, num_frames, part.shape[-1]))
