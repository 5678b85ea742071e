"""Fits bodies to evidence: from several starts, keypoints first, then keypoints and parts.

Every start is fitted to the keypoints; the best few are then fitted to the part maps too, whose
loss costs the whole mesh. The lowest loss wins (Zanfir et al. 2020, §3).
"""

import copy
import functools

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting.body_variables import BodyParams, BodyVariables
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.expected import Expected
from hps_tf.fitting.fit_problem import FitProblem, ProblemBuilder
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.levenberg_marquardt import LevenbergMarquardt
from hps_tf.fitting.objective import Objective
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.fitting.progress import Progress
from hps_tf.fitting.refiner import Refiner
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.staged_solver import StagedSolver
from hps_tf.fitting.uncertainty import Uncertainty
from hps_tf.fitting.weights import DEFAULT_WEIGHTS, Weights
from hps_tf.geometry import axis_angle

SOLVERS = ("lbfgs", "least_squares")

_MAX_FRAMES = 256  # Evaluated at a time.


class Fitter:
    """Fits one kind of evidence with one kind of prior; compiled at the first use.

    Keep a fitter: its second call compiles nothing.

    Args:
      body: The body model. With part maps its vertices are aligned; 3,000 do.
      pose: The variables of the pose, with their prior.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      map_size: Height and width of the part maps; None to leave maps aside.
      num_frames: Frames per window, T: 1 for images. The evidence's rows are then windows one after
        the other, T rows each, and a window has one shape.
      num_shape: Shape components that are fitted; the others stay zero.
      fits_focal_length: Whether a factor of the focal length is fitted too.
      solver: Minimises the keypoint objective: ``"lbfgs"``, as in the paper, or
        ``"least_squares"`` (Levenberg-Marquardt), several times as fast, for images in latent space
        alone. By default least squares where it can be used, L-BFGS elsewhere.
      max_evaluations: Evaluations of the keypoint objective that a start may take by L-BFGS.
      max_aligned_evaluations: Evaluations of the objective with part maps.

    Raises:
      ValueError: If the solver is unknown or cannot minimize this objective.
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
            raise ValueError(f"`solver`: expected one of {', '.join(SOLVERS)}, received {solver!r}")
        if solver == "least_squares" and not is_sum_of_squares:
            raise ValueError(
                "`solver`: expected lbfgs for video or a prior in ambient space, received"
                " least_squares"
            )
        self.body = body
        self.keypoint_set = keypoint_set
        self.map_size = map_size
        self.num_frames = num_frames
        self._pose = pose
        self._num_shape = num_shape
        layout = BodyVariables(pose, num_frames, body.num_shape, num_shape, fits_focal_length)
        objective = Objective(body, layout, keypoint_set)
        max_slots = max(_MAX_FRAMES // num_frames, 1)
        self._builder = ProblemBuilder(body, layout, objective, keypoint_set, map_size)
        self._solver = StagedSolver(
            objective,
            body,
            LBFGS(objective, max_evaluations, max_slots)
            if solver == "lbfgs"
            else LevenbergMarquardt(objective.residuals, objective.curvature),
            LBFGS(objective, max_aligned_evaluations, max_slots),
        )
        self._uncertainty = Uncertainty(objective, layout, body)

    @property
    def pose(self) -> PoseVariables:
        """The variables of the pose, with their prior."""
        return self._pose

    def with_pose(self, pose: PoseVariables) -> "Fitter":
        """Makes a fitter with a prior of the same structure and other weights: another seed's.

        It shares everything that is compiled.

        Raises:
          ValueError: If the structure is another.
        """
        structures = [
            (type(each), each.dim, [tuple(part.shape) for part in each.parameters()])
            for each in (self._pose, pose)
        ]
        if structures[0] != structures[1]:
            raise ValueError("`pose`: expected variables of the same structure, received others")
        other = copy.copy(self)
        other._pose = pose
        return other

    def fit(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        num_aligned: int = 2,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies from global rotations all around and keeps the lowest loss.

        Args:
          evidence: The evidence.
          weights: The weight of each term.
          num_starts: Global rotations to start from, a multiple of 4.
          num_aligned: Starts that are fitted to the part maps too.
          progress: Called with the number of fits that have ended and of all fits.

        Returns:
          The bodies, in the order of the evidence.

        Raises:
          ValueError: If the evidence is of another kind than the fitter.
        """
        problem = self.problem(evidence, weights, num_starts=num_starts)
        solve = self._solver.solve
        return solve(problem, num_starts, num_aligned, num_kept=1, progress=progress)[0]

    def candidates(
        self,
        evidence: Evidence,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        num_starts: int = 4,
        num_aligned: int = 2,
        progress: Progress | None = None,
    ) -> list[FitResult]:
        """Fits bodies from all around and gives all of each person's, the lowest loss first.

        See `fit`. With part maps there are `num_aligned`, otherwise `num_starts`.
        """
        problem = self.problem(evidence, weights, num_starts=num_starts)
        num_kept = num_starts if self.map_size is None else num_aligned
        return self._solver.solve(problem, num_starts, num_aligned, num_kept, progress)

    def problem(
        self, evidence: Evidence, weights: Weights = DEFAULT_WEIGHTS, *, num_starts: int = 4
    ) -> FitProblem:
        """Gives what `fit` minimizes, part maps included, for solvers of another kind.

        Args:
          evidence: The evidence.
          weights: The weight of each term.
          num_starts: Global rotations to start from, a multiple of 4.

        Returns:
          The problem, a window's starts side by side.

        Raises:
          ValueError: If the evidence is of another kind than the fitter.
        """
        return self._builder.all_around(evidence, self._pose, weights, num_starts)

    def refine(
        self,
        evidence: Evidence,
        start: BodyParams,
        weights: Weights = DEFAULT_WEIGHTS,
        *,
        about: Expected | None = None,
        holds_shape: bool = False,
        progress: Progress | None = None,
    ) -> FitResult:
        """Fits bodies from given bodies: a network's, the last frame's, those of single frames.

        Args:
          evidence: The evidence.
          start: Bodies of as many windows; their pose variables are of this fitter's kind.
          weights: The weight of each term.
          about: Bodies that are expected, with how far they may be off, a row for each of the
            evidence's. They take the place of the prior: see `hps_tf.fitting.Refiner`, which fits
            about them from `start`.
          holds_shape: Whether the bodies keep the shape of `start`; not with `about`, whose spread
            may be zero.
          progress: Called with the number of fits that have ended and of all fits.

        Returns:
          The bodies.

        Raises:
          ValueError: If the evidence is of another kind than the fitter, or `about` does not fit.
        """
        if about is not None:
            refine, frames = self._refiner.refine, self.num_frames
            return refine(
                evidence, about, weights, num_frames=frames, start=start, progress=progress
            )
        problem = self._builder.at(evidence, start, self._pose, weights, holds_shape)
        return self._solver.solve(problem, 1, num_aligned=1, num_kept=1, progress=progress)[0]

    @functools.cached_property
    def _refiner(self) -> Refiner:
        return Refiner(
            self.body,
            keypoint_set=self.keypoint_set,
            map_size=self.map_size,
            num_shape=self._num_shape,
        )

    def joint_std(
        self, evidence: Evidence, result: FitResult, weights: Weights = DEFAULT_WEIGHTS
    ) -> np.ndarray:
        """Approximates how far each joint of fitted bodies may be off (see `uncertainty`).

        Args:
          evidence: The evidence, of images; its keypoints alone count.
          result: The result of fitting it with the same weights.
          weights: The weight of each term.

        Returns:
          `(N, 24)` metres, seen from the pelvis.

        Raises:
          ValueError: If the evidence is of another kind than the fitter, or of video.
        """
        if self.num_frames != 1:
            raise ValueError(
                "`joint_std`: expected a fitter of single frames, received one whose windows have"
                f" {self.num_frames}"
            )
        start = self.bodies(result)
        problem = self._builder.at(evidence, start, self._pose, weights, holds_shape=False)
        windows = problem.windows._replace(parts=())
        return self._uncertainty.joint_std(problem.start, windows, problem.shared)

    def bodies(self, result: FitResult) -> BodyParams:
        """Arranges a result's bodies by window, for `refine` to start from.

        A window starts with its frames' mean shape and focal length.
        """
        rotations = axis_angle.to_matrix(result.pose).numpy()
        return self._by_window(
            result.pose_variables, rotations, result.shape, result.translation, result.focal_scale
        )

    def bodies_at(
        self, rotation_matrices: np.ndarray, shape: np.ndarray, translation: np.ndarray
    ) -> BodyParams:
        """Arranges bodies from elsewhere, a network's say, for `refine` to start from.

        A window starts with its frames' mean shape.

        Args:
          rotation_matrices: `(N, 24, 3, 3)` local rotations, the root's into the camera frame.
          shape: `(N, S)`.
          translation: `(N, 3)` metres.
        """
        variables = self._pose.encode(tf.constant(rotation_matrices, tf.float32)).numpy()
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
        by_frame = pose_variables[:, None], rotation_matrices[:, None], translation[:, None]
        return BodyParams(*by_frame, shape, focal_scale).by_window(self.num_frames)
