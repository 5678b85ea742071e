"""Fits bodies about expected ones, a network's: maximum a posteriori, from one start.

Every frame is fitted to its keypoints by a fixed number of damped Gauss-Newton steps, in stock
operations that are traced once for any number of people: nothing is compiled. What part maps and
the smoothness of video add is then fitted by L-BFGS.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import BODY_JOINTS, KEYPOINT_NAMES, NUM_JOINTS
from hps_tf.fitting.body_variables import Body
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.frame_fit import FrameFit
from hps_tf.fitting.lanes import Minimum
from hps_tf.fitting.lbfgs import Minimizer
from hps_tf.fitting.posterior import Posterior
from hps_tf.fitting.progress import Count, Progress
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.summary import summarize
from hps_tf.fitting.tangent_variables import TangentVariables
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import Windows, arrange, arrange_parts, check
from hps_tf.geometry.spread import Spread

_MAX_FRAMES = 256  # Evaluated at a time.
_CONVERGED = 1e-3  # Share of the loss that the last iteration may win.


class Refiner:
    """Fits one kind of evidence about expected bodies.

    Args:
      body: The body model. With part maps its vertices are aligned; 3,000 do.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      map_size: Height and width of the part maps; None to leave maps aside.
      num_frames: Frames a window, T: 1 for images. The evidence's rows are then windows one after
        the other, T rows each, and a window has one shape.
      num_shape: Shape components that are fitted; the others stay as expected.
      num_iterations: Damped Gauss-Newton steps that a frame's keypoints take.
      max_calls: Evaluations of the objective with part maps or of video that a window may take.
    """

    def __init__(
        self,
        body: BodyModel,
        *,
        keypoint_set: str = "coco17",
        map_size: tuple[int, int] | None = None,
        num_frames: int = 1,
        num_shape: int = 10,
        num_iterations: int = 12,
        max_calls: int = 150,
    ):
        self.body = body
        self.keypoint_set = keypoint_set
        self.map_size = map_size
        self.num_frames = num_frames
        self._num_shape = min(num_shape, body.num_shape)
        self._layout = TangentVariables(1, self._num_shape)
        frame_fit = FrameFit(Posterior(body, self._layout, keypoint_set), num_iterations)
        layout = TangentVariables(num_frames, self._num_shape)
        self._posterior = Posterior(body, layout, keypoint_set)
        max_lanes = max(_MAX_FRAMES // num_frames, 1)
        self._minimizer = Minimizer(self._posterior, max_calls, max_lanes)
        specs = self._specs()
        self._fit = tf.function(frame_fit.minimize, input_signature=specs, autograph=False)
        self._joint_std = tf.function(frame_fit.joint_std, input_signature=specs, autograph=False)

    def refine(
        self,
        evidence: Evidence,
        about: Expected,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        start: Body | None = None,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies about expected ones.

        Args:
          evidence: The evidence; a keypoint that is not missing counts by how far it is expected to
            be off, whatever its confidence.
          about: The bodies expected, a row for each of the evidence's.
          weights: What each term counts: `expected` in place of `prior` and `shape`.
          start: Bodies of as many windows to start from; the bodies expected by default.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies. `pose_variables` are `(N, 63)` rotation vectors from the joints' expected
          rotations over their standard deviations, `prior_nll` half the squared length of those,
          and `joint_std` how far each joint may be off, by its frame's keypoints alone.

        Raises:
          ValueError: If the evidence is of another kind than the refiner, or `about` does not fit.
        """
        check(evidence, self.num_frames, self.keypoint_set, self.map_size)
        about = about.checked(
            len(evidence), self.body.num_shape, self._num_shape, self.keypoint_set
        )
        tensors = Weights(*(tf.constant(weight, tf.float32) for weight in weights))
        expected = about.by_window(self.num_frames)
        rows = np.arange(len(evidence) // self.num_frames)
        windows = arrange(evidence, self.num_frames, rows, expected)
        if self.map_size is not None:
            windows = windows._replace(parts=arrange_parts(evidence, self.num_frames, rows))
        frames = _frames(windows)
        is_joint = self.num_frames > 1 or self.map_size is not None
        count = Count(len(rows) * (1 + is_joint), progress)
        x = self._layout.join(_frames_of(start), frames.anchors).numpy() if start else 0.0
        variables = np.zeros((len(evidence), self._layout.size), np.float32) + x
        x, loss, last_gain = _in_chunks(self._fit, variables, frames, tensors)
        count.add(len(rows))
        found = Minimum(x, loss, last_gain < _CONVERGED, np.zeros(len(x), np.int32))
        if is_joint:
            joined = self._posterior.layout.from_frames(x)
            found = self._minimizer.minimize(joined, windows, tensors, count.add)
            x = self._posterior.layout.to_frames(found.x)
        (joint_std,) = _in_chunks(self._joint_std, x, frames, tensors)
        result = summarize(
            self._posterior, self.body, found, windows, tensors, rows, np.zeros_like(rows)
        )
        return dataclasses.replace(result, joint_std=joint_std)

    def _specs(self) -> tuple[tf.TensorSpec, Windows, Weights]:
        """What compiled functions take: variables, windows of one frame, weights."""

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
        windows = Windows(
            keypoints=rows(1, num_keypoints, 2),
            confidence=rows(1, num_keypoints),
            intrinsics=rows(1, 3, 3),
            pixel_size=rows(1),
            anchors=expected,
            parts=(),
        )
        weights = Weights(*[tf.TensorSpec([], tf.float32)] * len(Weights._fields))
        return rows(self._layout.size), windows, weights


def _frames(windows: Windows) -> Windows:
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


def _frames_of(bodies: Body) -> Body:
    """Bodies of windows as those of windows of one frame each."""
    num_frames = bodies.translation.shape[1]
    pose_variables, rotations, translation = (
        np.reshape(part, (-1, 1, *part.shape[2:])) for part in bodies[:3]
    )
    shape, focal_scale = (np.repeat(part, num_frames, axis=0) for part in bodies[3:])
    return Body(pose_variables, rotations, translation, shape, focal_scale)


def _in_chunks(
    function: Callable, variables: np.ndarray, windows: Windows, weights: Weights
) -> list[np.ndarray]:
    """Calls a function of rows on some at a time."""
    parts = []
    for begin in range(0, len(variables), _MAX_FRAMES):
        rows = slice(begin, begin + _MAX_FRAMES)
        some = tf.nest.map_structure(lambda part, rows=rows: tf.constant(part[rows]), windows)
        parts.append(tf.nest.flatten(function(tf.constant(variables[rows]), some, weights)))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
