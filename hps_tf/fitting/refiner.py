"""Fits bodies about expected ones, a network's: maximum a posteriori, from one start.

Every frame is fitted to its keypoints by damped Gauss-Newton steps, a fixed number, and then the
frames of a video's windows together. That is all stock operations, traced once for any number of
people and frames: nothing is compiled. What part maps add is fitted by L-BFGS.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import BODY_JOINTS, KEYPOINT_NAMES, NUM_JOINTS
from hps_tf.fitting.body_variables import BodyParams
from hps_tf.fitting.clip_fit import ClipFit
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.frame_fit import FrameFit
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.progress import Count, Progress
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.slots import Minimum
from hps_tf.fitting.summary import Summary
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import WindowedEvidence, arrange, arrange_parts, check
from hps_tf.geometry.spread import Spread

_MAX_FRAMES = 256  # Evaluated at a time.
_CONVERGED = 1e-3  # Share of the loss that the last iteration may win.


class Refiner:
    """Fits one kind of evidence about expected bodies.

        about = Expected(people.rotation_matrices, people.shape, people.translation, spread)
        result = Refiner(body).refine(evidence, about)

    Args:
      body: The body model. With part maps its vertices are aligned; 3,000 do.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      map_size: Height and width of the part maps; None to leave maps aside.
      num_shape: Shape components that are fitted; the others stay as expected.
      num_iterations: Steps that a frame's keypoints take.
      num_clip_iterations: Steps that a window of several frames takes after them.
      max_aligned_evaluations: Evaluations of the objective with part maps that a window may take.
    """

    def __init__(
        self,
        body: BodyModel,
        *,
        keypoint_set: str = "coco17",
        map_size: tuple[int, int] | None = None,
        num_shape: int = 10,
        num_iterations: int = 12,
        num_clip_iterations: int = 8,
        max_aligned_evaluations: int = 150,
    ):
        self.body = body
        self.keypoint_set = keypoint_set
        self.map_size = map_size
        self._num_shape = min(num_shape, body.num_shape)
        self._max_aligned_evaluations = max_aligned_evaluations
        self._layout = TangentVariables(1, self._num_shape)
        posterior = Posterior(body, self._layout, keypoint_set)
        frame_fit = FrameFit(posterior, num_iterations)
        clip_fit = ClipFit(posterior, num_clip_iterations)
        specs = self._specs()
        length = tf.TensorSpec([], tf.int32)
        self._fit = tf.function(frame_fit.minimize, input_signature=specs, autograph=False)
        self._fit_clips = tf.function(
            clip_fit.minimize, input_signature=[*specs, length], autograph=False
        )
        self._joint_std = tf.function(frame_fit.joint_std, input_signature=specs, autograph=False)
        self._aligners: dict[int, LBFGS] = {}
        self._summaries: dict[int, Summary] = {}

    def refine(
        self,
        evidence: Evidence,
        about: Expected,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_frames: int = 1,
        start: BodyParams | None = None,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies about expected ones.

        Args:
          evidence: The evidence; a keypoint that is not missing counts by how far it is expected to
            be off, at any confidence.
          about: The bodies expected, a row for each of the evidence's.
          weights: The weight of each term: `expected` in place of `prior` and `shape`.
          num_frames: Frames per window, T: 1 for images. The evidence's rows are windows one after
            the other, T rows each, and a window has one shape; a whole clip may be one.
          start: Bodies of as many windows to start from; the bodies expected by default.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies. `pose_variables` are `(N, 63)` rotation vectors from the joints' expected
          rotations over their standard deviations, `prior_nll` half the squared length of those,
          and `joint_std` how far each joint may be off by its frame's keypoints alone.

        Raises:
          ValueError: If the evidence is of another kind than the refiner, or `about` does not fit.
        """
        check(evidence, num_frames, self.keypoint_set, self.map_size)
        about = about.checked(
            len(evidence), self.body.num_shape, self._num_shape, self.keypoint_set
        )
        tensors = Weights(*(tf.constant(weight, tf.float32) for weight in weights))
        rows = np.arange(len(evidence) // num_frames)
        windows = arrange(evidence, num_frames, rows, about.by_window(num_frames))
        frames = _frames(windows)
        count = Count(len(rows) * (1 + (num_frames > 1) + (self.map_size is not None)), progress)
        x = np.zeros((len(evidence), self._layout.size), np.float32)
        if start is not None:
            x += self._layout.join(_frames_of(start), frames.anchors)
        fit, fit_clips = self._fit, self._fit_clips
        x, loss, last_gain = _in_chunks(lambda *some: fit(*some, tensors), len(evidence), x, frames)
        count.add(len(rows))
        layout = TangentVariables(num_frames, self._num_shape)
        if num_frames > 1:
            x, loss, last_gain = _in_chunks(
                lambda *some: fit_clips(*some, tensors, tf.constant(num_frames)),
                len(rows),
                x,
                frames,
            )
            count.add(len(rows))
        found = Minimum(
            layout.from_frames(x), loss, last_gain < _CONVERGED, np.zeros(len(rows), np.int32)
        )
        if self.map_size is not None:
            windows = windows._replace(parts=arrange_parts(evidence, num_frames, rows))
            found = self._aligner(layout).minimize(found.x, windows, tensors, count.add)
        std = self._joint_std
        (joint_std,) = _in_chunks(
            lambda *some: (std(*some, tensors),), len(evidence), layout.to_frames(found.x), frames
        )
        summary = self._summary(layout)
        result = summary(found, windows, tensors, rows, np.zeros_like(rows))
        return dataclasses.replace(result, joint_std=joint_std)

    def _aligner(self, layout: TangentVariables) -> LBFGS:
        """The fit to part maps too, compiled once for each length of windows."""
        length = layout.num_frames
        if length not in self._aligners:
            posterior = Posterior(self.body, layout, self.keypoint_set)
            slots = max(_MAX_FRAMES // length, 1)
            self._aligners[length] = LBFGS(posterior, self._max_aligned_evaluations, slots)
        return self._aligners[length]

    def _summary(self, layout: TangentVariables) -> Summary:
        """The summary of fits, traced once for each length of windows."""
        length = layout.num_frames
        if length not in self._summaries:
            posterior = Posterior(self.body, layout, self.keypoint_set)
            self._summaries[length] = Summary(posterior, self.body)
        return self._summaries[length]

    def _specs(self) -> tuple[tf.TensorSpec, WindowedEvidence, Weights]:
        """Arguments of compiled functions: variables, windows of one frame, weights."""

        def rows(*axes: int) -> tf.TensorSpec:
            return tf.TensorSpec([None, *axes], tf.float32)

        num_keypoints = len(KEYPOINT_NAMES[self.keypoint_set])
        spread = Spread(
            pose=rows(1, len(BODY_JOINTS), 3),
            root=rows(1, 3),
            place=rows(1, 3),
            shape=rows(self._num_shape),
            keypoints=rows(1, num_keypoints),
        )
        expected = Expected(
            rows(1, NUM_JOINTS, 3, 3), rows(self.body.num_shape), rows(1, 3), spread
        )
        windows = WindowedEvidence(
            keypoints=rows(1, num_keypoints, 2),
            confidence=rows(1, num_keypoints),
            intrinsics=rows(1, 3, 3),
            pixel_size=rows(1),
            anchors=expected,
            parts=(),
        )
        weights = Weights(*[tf.TensorSpec([], tf.float32)] * len(Weights._fields))
        return rows(self._layout.size), windows, weights


def _frames(windows: WindowedEvidence) -> WindowedEvidence:
    """Windows of one frame each, with their windows' shapes; part maps are left aside."""
    num_frames = windows.keypoints.shape[1]
    shapes = windows.anchors.shape, windows.anchors.spread.shape
    frames = tf.nest.map_structure(
        lambda part: np.reshape(part, (-1, 1, *part.shape[2:])),
        windows._replace(parts=()),
    )
    shape, deviation = (np.repeat(part, num_frames, axis=0) for part in shapes)
    anchors = frames.anchors
    anchors = anchors._replace(shape=shape, spread=anchors.spread._replace(shape=deviation))
    return frames._replace(anchors=anchors)


def _frames_of(bodies: BodyParams) -> BodyParams:
    """Bodies of windows as those of windows of one frame each."""
    num_frames = bodies.translation.shape[1]
    pose_variables, rotations, translation = (
        np.reshape(part, (-1, 1, *part.shape[2:])) for part in bodies[:3]
    )
    shape, focal_scale = (np.repeat(part, num_frames, axis=0) for part in bodies[3:])
    return BodyParams(pose_variables, rotations, translation, shape, focal_scale)


def _in_chunks(
    function: Callable, num_windows: int, variables: np.ndarray, frames: WindowedEvidence
) -> list[np.ndarray]:
    """Calls a function of the frames of windows on some windows at a time."""
    length = len(variables) // num_windows
    size = length * max(_MAX_FRAMES // length, 1)
    parts = []
    for begin in range(0, len(variables), size):
        rows = slice(begin, begin + size)
        some = tf.nest.map_structure(lambda part, rows=rows: tf.constant(part[rows]), frames)
        parts.append(function(tf.constant(variables[rows]), some))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
