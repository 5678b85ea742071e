"""A row's finished fits, read back."""

from typing import NamedTuple

import numpy as np

from hps_tf.fitting.weights import Weights
from tools.reproduce import fit_job, rows
from tools.reproduce.row_errors import RowErrors
from tools.reproduce.rows import Row
from tools.reproduce.study import Study

_ERRORS = ("mpjpe", "pa_mpjpe", "mpvpe", "oracle_mpjpe")


class CollectedRow(NamedTuple):
    """A row's errors, and the bodies of its first seed by field of `FitResult`."""

    errors: RowErrors
    bodies: dict[str, np.ndarray]


def collect(study: Study, row: Row) -> CollectedRow:
    """Reads the fits of a row's seeds, all of which are done."""
    checkpoints = study.checkpoints()
    used = fit_job.seeds(row, study.trained_priors())
    parts = [checkpoints.load(fit_job.part_name(row, seed)) for seed in used]
    errors = RowErrors(
        row=row,
        seeds=used,
        **{name: np.stack([part[name] for part in parts]) for name in _ERRORS},
        seconds=np.stack([part["seconds"] for part in parts]),
        weights=_named(parts[0]["weights"], row),
        validation_mpjpe=float(parts[0]["validation_mpjpe"]),
    )
    return CollectedRow(errors, {field: parts[0][field] for field in fit_job.BODIES})


def _named(values: np.ndarray, row: Row) -> dict[str, float]:
    """The weights of the terms that the row has."""
    weights = Weights(*values.tolist())._asdict()
    terms = ["keypoints", "prior", "shape"]
    if row.prior == rows.NO_PRIOR:
        terms.remove("prior")
    if row.features == rows.KA_BA:
        terms.append("alignment")
    return {term: weights[term] for term in terms}
