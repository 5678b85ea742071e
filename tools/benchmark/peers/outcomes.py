"""What the candidates of a comparison find, and how wrong it is.

Convention: metres in, millimetres out; joint 0 is the root of MPJPE. Intervals are 95 %, of a
bootstrap over clips.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hps_tf.evaluation.statistics import Bootstrap, compare, percentile_interval
from hps_tf.metrics.joint_error import mpjpe, pa_mpjpe

_LEVEL = 0.05
"""Millimetres; the page would print a smaller lead as 0.0."""

_MM = 1000.0


class Outcome(NamedTuple):
    """The answer of one candidate.

    Attributes:
      name: The candidate.
      joints: `(N, J, 3)` metres; rows of people who were not found are NaN.
      seconds: CPU seconds per person, on all threads.
      vertices: `(N, V, 3)` metres, or None.
      is_peer: Whether it is another project's.
    """

    name: str
    joints: np.ndarray
    seconds: float
    vertices: np.ndarray | None = None
    is_peer: bool = False


class Truth(NamedTuple):
    """The people as they are: `(N, J, 3)` joints and `(N, V, 3)` vertices, and their clips."""

    joints: np.ndarray
    vertices: np.ndarray
    clips: np.ndarray


def measure(outcomes: Sequence[Outcome], truth: Truth) -> list[dict[str, Any]]:
    """Measures all candidates on the people whom all of them found.

    Args:
      outcomes: Of the candidates, ours and others'.
      truth: The people.

    Returns:
      A row per candidate: ``name``, ``is_peer``, ``num_found``, ``seconds_per_person``, and
      ``mpjpe_mm``, ``pa_mpjpe_mm`` and, where all have vertices, ``mpvpe_mm``, each with its
      interval under ``ci95_…``; rows of peers have ``ahead``: of each figure in which the peer is
      ahead of our best one, the difference and its interval.
    """
    is_found = np.all([np.isfinite(each.joints).all(axis=(1, 2)) for each in outcomes], axis=0)
    if not is_found.any():
        raise RuntimeError("nobody was found by all candidates")
    bootstrap = Bootstrap(truth.clips[is_found], {}, seed=0)
    errors = {each.name: _errors(each, truth, is_found) for each in outcomes}
    rows = []
    for each in outcomes:
        row: dict[str, Any] = {
            "name": each.name,
            "is_peer": each.is_peer,
            "num_found": int(np.isfinite(each.joints).all(axis=(1, 2)).sum()),
            "num_compared": int(is_found.sum()),
            "seconds_per_person": each.seconds,
        }
        for figure, values in errors[each.name].items():
            row[figure] = float(values.mean())
            row[f"ci95_{figure}"] = percentile_interval(bootstrap.replicates(values[None], None))
        rows.append(row)
    for row in rows:
        if row["is_peer"]:
            row["ahead"] = _ahead(row, rows, errors, bootstrap)
    return rows


def _errors(outcome: Outcome, truth: Truth, rows: np.ndarray) -> dict[str, np.ndarray]:
    found, true = (joints[rows].astype(np.float32) for joints in (outcome.joints, truth.joints))
    errors = {
        "mpjpe_mm": _MM * np.asarray(mpjpe(found, true)),
        "pa_mpjpe_mm": _MM * np.asarray(pa_mpjpe(found, true)),
    }
    if outcome.vertices is not None:
        apart = (outcome.vertices - outcome.joints[:, :1]) - (truth.vertices - truth.joints[:, :1])
        errors["mpvpe_mm"] = _MM * np.linalg.norm(apart[rows], axis=-1).mean(axis=1)
    return errors


def _ahead(
    peer: dict[str, Any],
    rows: list[dict[str, Any]],
    errors: dict[str, dict[str, np.ndarray]],
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """In which figures a peer is below our best."""
    ours = [row for row in rows if not row["is_peer"]]
    found: dict[str, Any] = {}
    fastest = min(ours, key=lambda row: row["seconds_per_person"])
    if peer["seconds_per_person"] < fastest["seconds_per_person"]:
        times = fastest["seconds_per_person"] / peer["seconds_per_person"]
        found["seconds_per_person"] = {"times": times, "than": fastest["name"]}
    for figure in errors[peer["name"]]:
        best = min((row for row in ours if figure in row), key=lambda row: row[figure])
        if best[figure] - peer[figure] < _LEVEL:
            continue
        theirs, least = (
            bootstrap.replicates(errors[row["name"]][figure][None], None) for row in (peer, best)
        )
        difference = compare(theirs, least, mean=peer[figure] - best[figure])
        found[figure] = {
            "difference": difference.mean,
            "ci95": difference.interval,
            "than": best["name"],
        }
    return found
