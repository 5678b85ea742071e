"""Fits bodies to evidence: from several starts, keypoints first, then keypoints and parts.

Every start is fitted to the keypoints; the best few go on with the part maps, whose loss costs the
whole mesh. The lowest loss wins (Zanfir et al. 2020, §3).
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting import starts
from hps_tf.fitting.body_variables import Anchors, BodyParams, BodyVariables
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.levenberg_marquardt import LevenbergMarquardt
from hps_tf.fitting.objective import Objective, Shared
from hps_tf.fitting.pose_variables import Parameters, PoseVariables
from hps_tf.fitting.progress import Count, Progress
from hps_tf.fitting.refiner import Refiner
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.slots import SlotSolver
from hps_tf.fitting.summary import summarize
from hps_tf.fitting.uncertainty import Uncertainty
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.fitting.windows import WindowedEvidence, arrange, arrange_parts, by_window, check
from hps_tf.geometry import axis_angle, rotation_6d

SOLVERS = ("lbfgs", "least_squares")

_MAX_FRAMES = 256  # Evaluated at a time.


class FitProblem(NamedTuple):
    """Minimization problems.

    Attributes:
      objective: Maps `(B, size)` variables, windows and what they share to `(B,)` losses.
      start: `(M, size)` where they start.
      windows: Their evidence, M rows.
      shared: Weights and prior.
    """

    objective: Objective
    start: np.ndarray
    windows: WindowedEvidence
    shared: Shared


class Fitter:
    """Fits one kind of evidence with one kind of prior; compiled at the first use.

    Args:
      body: The body model. With part maps its vertices are aligned; 3,000 do.
      pose: The variables of the pose, with their prior. The attribute may be replaced by variables
        of the same structure, a prior of another seed say, without compiling anew.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      map_size: Height and width of the part maps; None to leave maps aside.
      num_frames: Frames a window, T: 1 for images. The evidence's rows are then windows one after
        the other, T rows each, and a window has one shape.
      num_shape: Shape components that are fitted; the others stay zero.
      fits_focal_length: Whether a factor of the focal length is fitted too.
      solver: What minimizes the keypoint objective: ``"lbfgs"``, as the paper, or
        ``"least_squares"``, several times as fast, of images in latent space alone. By default
        least squares where it can, L-BFGS elsewhere.
      max_evaluations: Evaluations of the keypoint objective that a start may take by L-BFGS.
      max_aligned_evaluations: Evaluations of the objective with part maps.
    """

    def __init__(
        self,
        body: BodyModel,
        pose: PoseVariables,
        *,
        keypoint_set: str = "coco17",
        map_size: tuple[int, int] | None = None,
        num_frames: int = 1,
        num_shape: int = 10,
        fits_focal_length: bool = False,
        solver: str | None = None,
        max_evaluations: int = 500,
        max_aligned_evaluations: int = 150,
    ):
        is_sum_of_squares = pose.is_latent and num_frames == 1
        if solver is None:
            solver = "least_squares" if is_sum_of_squares else "lbfgs"
        if solver not in SOLVERS:
            raise ValueError(f"`solver` must be one of {', '.join(SOLVERS)}, got {solver!r}")
        if solver == "least_squares" and not is_sum_of_squares:
            raise ValueError("`solver` least_squares is of images in latent space alone")
        self.body = body
        self.pose = pose
        self.keypoint_set = keypoint_set
        self.map_size = map_size
        self.num_frames = num_frames
        self._num_shape = num_shape
        self._layout = BodyVariables(pose, num_frames, body.num_shape, num_shape, fits_focal_length)
        self._objective = Objective(body, self._layout, keypoint_set)
        max_slots = max(_MAX_FRAMES // num_frames, 1)
        self._minimizer: SlotSolver = (
            LBFGS(self._objective, max_evaluations, max_slots)
            if solver == "lbfgs"
            else LevenbergMarquardt(self._objective.residuals, self._objective.curvature)
        )
        self._aligner = LBFGS(self._objective, max_aligned_evaluations, max_slots)
        self._uncertainty = Uncertainty(self._objective, self._layout, body)

    def fit(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        num_aligned: int = 2,
        parameters: Parameters | None = None,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies from all around and keeps the best.

        Args:
          evidence: The evidence.
          weights: What each term counts.
          num_starts: Global rotations to start from, a multiple of 4.
          num_aligned: Starts that go on with the part maps.
          parameters: The weights of another prior of the same structure; `pose`'s by default.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies, in the order of the evidence.

        Raises:
          ValueError: If the evidence is of another kind than the fitter.
        """
        found = self.candidates(
            evidence,
            weights,
            num_starts=num_starts,
            num_aligned=num_aligned,
            parameters=parameters,
            progress=progress,
        )
        return found[0]

    def candidates(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        num_aligned: int = 2,
        parameters: Parameters | None = None,
        progress: Progress | None = None,
    ) -> list[FitResult]:
        """Fits bodies from all around and gives all of each person's, the best first.

        See `fit`. With part maps there are `num_aligned`, otherwise `num_starts`.
        """
        check(evidence, self.num_frames, self.keypoint_set, self.map_size)
        start, anchors = self._all_around(evidence, num_starts, parameters)
        shared = self._shared(weights, parameters)
        return self._solve(evidence, anchors, start, shared, num_aligned, progress)

    def problems(
        self, evidence: Evidence, weights: Weights = DEFAULT_WEIGHTS, *, num_starts: int = 4
    ) -> FitProblem:
        """Gives what there is to minimize, part maps included, for solvers of another kind.

        Args:
          evidence: The evidence.
          weights: What each term counts.
          num_starts: Global rotations to start from, a multiple of 4.

        Returns:
          The problems, a window's starts side by side.

        Raises:
          ValueError: If the evidence is of another kind than the fitter.
        """
        check(evidence, self.num_frames, self.keypoint_set, self.map_size)
        start, anchors = self._all_around(evidence, num_starts, None)
        rows = np.arange(len(evidence) // self.num_frames).repeat(num_starts)
        windows = self._arranged(evidence, rows, anchors)
        return FitProblem(self._objective, start, windows, self._shared(weights, None))

    def _all_around(
        self, evidence: Evidence, num_starts: int, parameters: Parameters | None
    ) -> tuple[np.ndarray, Anchors]:
        """Variables `(W starts, size)` and anchors of every start of every window."""
        pose_start = self.pose.start()
        parameters = self.pose.parameters() if parameters is None else parameters
        pose = self.pose.rotation_matrices(pose_start[None], parameters)[0]
        rotations = starts.global_rotations(num_starts)
        anchors = starts.anchors(
            self.body,
            pose,
            rotations,
            evidence.keypoint_set,
            evidence.keypoints,
            evidence.confidence,
            evidence.intrinsics,
        )
        # (N, starts, ...) to (W starts, T, ...): the frames of a window start alike.
        anchors = Anchors(*(_by_problem(part.numpy(), self.num_frames) for part in anchors))
        count = len(anchors.rotation)
        start = self._layout.join(
            tf.tile(pose_start[None, None], [count, self.num_frames, 1]),
            tf.zeros((count, self.body.num_shape)),
            tf.ones(count),
        )
        return start.numpy(), anchors

    def refine(
        self,
        evidence: Evidence,
        start: BodyParams,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        about: Expected | None = None,
        parameters: Parameters | None = None,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies from bodies at hand: a network's, the last frame's, those of single frames.

        Args:
          evidence: The evidence.
          start: Bodies of as many windows; their pose variables are of this fitter's kind.
          weights: What each term counts.
          about: Bodies that are expected, with how far they may be off, a row for each of the
            evidence's. They take the place of the prior: see `hps_tf.fitting.Refiner`, which fits
            about them from `start`.
          parameters: The weights of another prior of the same structure; `pose`'s by default.
          progress: Called with fits that have ended and fits in all.

        Returns:
          The bodies.

        Raises:
          ValueError: If the evidence is of another kind than the fitter, or `about` does not fit.
        """
        if about is not None:
            return self._refiner.refine(
                evidence,
                about,
                weights,
                num_frames=self.num_frames,
                start=start,
                progress=progress,
            )
        check(evidence, self.num_frames, self.keypoint_set, self.map_size)
        variables, anchors = self._at(start)
        shared = self._shared(weights, parameters)
        return self._solve(evidence, anchors, variables, shared, 1, progress)[0]

    @functools.cached_property
    def _refiner(self) -> Refiner:
        return Refiner(
            self.body,
            keypoint_set=self.keypoint_set,
            map_size=self.map_size,
            num_shape=self._num_shape,
        )

    def joint_std(
        self,
        evidence: Evidence,
        result: FitResult,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        parameters: Parameters | None = None,
    ) -> np.ndarray:
        """Approximates how far each joint of fitted bodies may be off (see `uncertainty`).

        Args:
          evidence: The evidence, of images.
          result: What fitting it with the same weights gave.
          weights: What each term counts.
          parameters: The weights of another prior of the same structure; `pose`'s by default.

        Returns:
          `(N, 24)` metres, seen from the pelvis.

        Raises:
          ValueError: If the evidence is of another kind than the fitter, or of video.
        """
        check(evidence, self.num_frames, self.keypoint_set, self.map_size)
        if self.num_frames != 1:
            raise ValueError("`joint_std` is of single frames; this fitter's windows have several")
        variables, anchors = self._at(self.bodies(result))
        rows = np.arange(len(evidence))
        windows = self._arranged(evidence, rows, anchors)
        return self._uncertainty.joint_std(variables, windows, self._shared(weights, parameters))

    def bodies(self, result: FitResult) -> BodyParams:
        """Arranges a result's bodies by window, to go on from with `refine`.

        A window starts with its frames' mean shape and focal length.
        """
        rotations = axis_angle.to_matrix(result.pose).numpy()
        return self._by_window(
            result.pose_variables, rotations, result.shape, result.translation, result.focal_scale
        )

    def bodies_at(
        self, rotation_matrices: np.ndarray, shape: np.ndarray, translation: np.ndarray
    ) -> BodyParams:
        """Arranges bodies from elsewhere, a network's say, to go on from with `refine`.

        A window starts with its frames' mean shape.

        Args:
          rotation_matrices: `(N, 24, 3, 3)` local rotations, the root's into the camera frame.
          shape: `(N, S)`.
          translation: `(N, 3)` metres.
        """
        variables = self.pose.encode(tf.constant(rotation_matrices, tf.float32)).numpy()
        focal_scale = np.ones(len(shape), np.float32)
        return self._by_window(variables, rotation_matrices, shape, translation, focal_scale)

    def _by_window(
        self,
        pose_variables: np.ndarray,
        rotation_matrices: np.ndarray,
        shape: np.ndarray,
        translation: np.ndarray,
        focal_scale: np.ndarray,
    ) -> BodyParams:
        frames = self.num_frames
        return BodyParams(
            pose_variables=by_window(pose_variables, frames),
            rotation_matrices=by_window(rotation_matrices, frames),
            translation=by_window(translation, frames),
            shape=by_window(shape, frames).mean(axis=1),
            focal_scale=by_window(focal_scale, frames).mean(axis=1),
        )

    def _at(self, start: BodyParams) -> tuple[np.ndarray, Anchors]:
        """Variables of bodies, counted from those bodies."""
        root = rotation_6d.from_matrix(start.rotation_matrices[:, :, 0]).numpy()
        variables = self._layout.join(start.pose_variables, start.shape, start.focal_scale)
        return variables.numpy(), Anchors(root, np.asarray(start.translation))

    def _solve(
        self,
        evidence: Evidence,
        anchors: Anchors,
        start: np.ndarray,
        shared: Shared,
        num_aligned: int,
        progress: Progress | None,
    ) -> list[FitResult]:
        """Minimizes from `(W starts, size)` variables; a window's starts are neighbours."""
        num_windows = len(evidence) // self.num_frames
        rows = np.arange(num_windows).repeat(len(start) // num_windows)
        windows = arrange(evidence, self.num_frames, rows, anchors)
        total = len(start) + num_windows * num_aligned * (self.map_size is not None)
        count = Count(total, progress)
        begun_at = np.tile(np.arange(len(start) // num_windows), num_windows)
        found = self._minimizer.minimize(start, windows, shared, count.add)
        if self.map_size is not None:
            losses = found.loss.reshape(num_windows, -1)
            problems = _lowest(losses, num_aligned).ravel()
            rows, begun_at = rows[problems], begun_at[problems]
            anchors = Anchors(*(part[problems] for part in anchors))
            windows = self._arranged(evidence, rows, anchors)
            aligned = self._aligner.minimize(found.x[problems], windows, shared, count.add)
            found = aligned._replace(
                num_evaluations=aligned.num_evaluations + found.num_evaluations[problems]
            )
        order = _lowest(found.loss.reshape(num_windows, -1), len(rows) // num_windows)
        return [
            summarize(self._objective, self.body, found, windows, shared, chosen, begun_at)
            for chosen in order.T
        ]

    def _arranged(self, evidence: Evidence, rows: np.ndarray, anchors: Anchors) -> WindowedEvidence:
        """The evidence by problem, with part maps where they are fitted."""
        windows = arrange(evidence, self.num_frames, rows, anchors)
        if self.map_size is None:
            return windows
        return windows._replace(parts=arrange_parts(evidence, self.num_frames, rows))

    def _shared(self, weights: Weights, parameters: Parameters | None) -> Shared:
        tensors = Weights(*(tf.constant(weight, tf.float32) for weight in weights))
        return Shared(tensors, self.pose.parameters() if parameters is None else parameters)


def _by_problem(part: np.ndarray, num_frames: int) -> np.ndarray:
    """`(W T, starts, n)` to `(W starts, T, n)`."""
    windows = by_window(part, num_frames)
    return np.ascontiguousarray(windows.swapaxes(1, 2).reshape(-1, num_frames, part.shape[-1]))


def _lowest(losses: np.ndarray, count: int) -> np.ndarray:
    """`(W, starts)` losses to `(W, count)` flat indices of the lowest, in order."""
    columns = np.argsort(losses, axis=1, kind="stable")[:, :count]
    return columns + losses.shape[1] * np.arange(len(losses))[:, None]
