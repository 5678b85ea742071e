"""Solves fits in stages: every start by its keypoints, then the best few with part maps too."""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.fitting.fit_problem import FitProblem
from hps_tf.fitting.lbfgs import LBFGS
from hps_tf.fitting.objective import Objective
from hps_tf.fitting.progress import Count, Progress
from hps_tf.fitting.result import FitResult
from hps_tf.fitting.slots import Minimum, SlotSolver
from hps_tf.fitting.summary import Summary


class StagedSolver:
    """Minimizes fit problems and describes the bodies found.

    Args:
      objective: The objective.
      body: The body model.
      minimizer: Minimizes the objective of keypoints.
      aligner: Minimizes that of keypoints and part maps.
    """

    def __init__(
        self, objective: Objective, body: BodyModel, minimizer: SlotSolver, aligner: LBFGS
    ):
        self._minimizer = minimizer
        self._aligner = aligner
        self._summary = Summary(objective, body)

    def solve(
        self,
        problem: FitProblem,
        num_starts: int,
        num_aligned: int,
        num_kept: int,
        progress: Progress | None,
    ) -> list[FitResult]:
        """Minimizes, and describes the starts of lowest loss.

        Args:
          problem: The problem, a window's starts side by side.
          num_starts: Starts per window.
          num_aligned: Starts per window that are fitted to the part maps, where there are any.
          num_kept: Starts per window that are described.
          progress: Called with the number of fits that have ended and of all fits.

        Returns:
          `num_kept` results, the lowest losses first.
        """
        _, start, windows, shared = problem
        has_parts = bool(windows.parts)
        num_windows = len(start) // num_starts
        count = Count(num_windows * (num_starts + num_aligned * has_parts), progress)
        begun_at = np.tile(np.arange(num_starts), num_windows)
        found = self._minimizer.minimize(start, windows._replace(parts=()), shared, count.add)
        if has_parts:
            chosen = _lowest(found, num_windows, num_aligned).ravel()
            windows = tf.nest.map_structure(lambda part: part[chosen], windows)
            before, begun_at = found.num_evaluations[chosen], begun_at[chosen]
            found = self._aligner.minimize(found.x[chosen], windows, shared, count.add)
            found = found._replace(num_evaluations=before + found.num_evaluations)
        return [
            self._summary(found, windows, shared, chosen, begun_at)
            for chosen in _lowest(found, num_windows, num_kept).T
        ]


def _lowest(found: Minimum, num_windows: int, count: int) -> np.ndarray:
    """`(W, count)` indices of each window's lowest losses, in order."""
    losses = found.loss.reshape(num_windows, -1)
    columns = np.argsort(losses, axis=1, kind="stable")[:, :count]
    return columns + losses.shape[1] * np.arange(num_windows)[:, None]
