"""Errors of fits by one row's method, person by person."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting.result import FitResult
from hps_tf.metrics.joint_error import mpjpe, pa_mpjpe
from hps_tf.metrics.vertex_error import mpvpe
from tools.reproduce.rows import Row

#: A start is wrong if another one ends at an error smaller by more than this, cm.
WRONG_START = 1.0

_BATCH = 64


@dataclasses.dataclass(frozen=True, eq=False)
class RowErrors:
    """The errors of S seeds' fits to N people; centimetres.

    Attributes:
      row: Which row of the table.
      seeds: The S seeds.
      mpjpe: `(S, N)` of the 24 joints, pelvises brought together.
      pa_mpjpe: `(S, N)` after the best similarity.
      mpvpe: `(S, N)` of the 6,890 vertices, pelvises brought together.
      oracle_mpjpe: `(S, N)` MPJPE, had the best start been known.
      seconds: `(S,)` seconds that all people took, compilation included in the first.
      weights: Of the objective's terms.
      validation_mpjpe: Of the validation people, with these weights and the first seed.
    """

    row: Row
    seeds: tuple[int, ...]
    mpjpe: np.ndarray
    pa_mpjpe: np.ndarray
    mpvpe: np.ndarray
    oracle_mpjpe: np.ndarray
    seconds: np.ndarray
    weights: dict[str, float]
    validation_mpjpe: float

    @property
    def wrong_start_rate(self) -> float:
        """Share of the fits that kept a wrong start."""
        return float((self.mpjpe - self.oracle_mpjpe > WRONG_START).mean())


def measure(
    candidates: Sequence[FitResult], people: People, body: BodyModel
) -> dict[str, np.ndarray]:
    """Computes a fit's errors.

    Args:
      candidates: The fits from each start, the lowest loss first.
      people: The truth.
      body: The body model whose vertices `people` have.

    Returns:
      `(N,)` arrays named after the fields of `RowErrors`, centimetres.
    """
    best = candidates[0]
    by_start = np.stack([mpjpe(each.joints_3d, people.joints_3d) for each in candidates])
    return {
        "mpjpe": 100 * by_start[0],
        "pa_mpjpe": 100 * pa_mpjpe(best.joints_3d, people.joints_3d).numpy(),
        "mpvpe": 100 * _mpvpe(best, people, body),
        "oracle_mpjpe": 100 * by_start.min(axis=0),
    }


def _mpvpe(fit: FitResult, people: People, body: BodyModel) -> np.ndarray:
    parts = []
    for begin in range(0, len(people), _BATCH):
        rows = slice(begin, begin + _BATCH)
        found = body(pose=fit.pose[rows], shape=fit.shape[rows], translation=fit.translation[rows])
        roots = found.joints[:, 0], people.joints_3d[rows, 0]
        parts.append(mpvpe(found.vertices, roots[0], people.vertices[rows], roots[1]).numpy())
    return np.concatenate(parts)
