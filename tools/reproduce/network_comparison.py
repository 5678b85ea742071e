"""Networks compared on the same people: means, intervals, and claims about them.

The bootstrap draws people in groups (subject and action) and seeds, both the same for all rows. A
claim says that a weighted sum of rows' means is below zero; it holds at p < 0.05, one-sided. Of few
groups a bootstrap makes too sure: p is never below the chance that all of G groups agree, 2^-G.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.evaluation import statistics
from hps_tf.evaluation.statistics import Bootstrap
from tools.reproduce.claims import SIGNIFICANCE
from tools.reproduce.network_study import GROUPS, METRICS, Errors

_FAMILY = "network"
_BOOTSTRAP_SEED = 0
_DIGITS = {"part_iou": 3}
_HIGHER_IS_BETTER = ("part_iou",)


@dataclasses.dataclass(frozen=True)
class Claim:
    """That a weighted sum of rows' means is below zero.

    Attributes:
      name: Of the claim.
      metric: Of whose means.
      terms: Weight of each row, for a metric that is better the lower it is; turned round for
        others.
    """

    name: str
    metric: str
    terms: Mapping[str, float]


def better(name: str, metric: str, row: str, than: str) -> Claim:
    """The claim that a row is better than another."""
    return Claim(name, metric, {row: 1.0, than: -1.0})


class Comparison:
    """Rows of several seeds, measured on the same people.

    A metric is compared on the people that it could be measured of under every row.

    Args:
      rows: By name, the errors with each seed.

    Raises:
      ValueError: If rows differ in people or number of seeds.
    """

    def __init__(self, rows: Mapping[str, Sequence[Errors]]):
        self.rows = tuple(rows)
        people = {tuple(errors[GROUPS]) for seeds in rows.values() for errors in seeds}
        counts = {len(seeds) for seeds in rows.values()}
        if len(people) != 1 or len(counts) != 1:
            raise ValueError(
                "`rows`: expected the same people and number of seeds, received"
                f" {len(people)} sets of"
                f" people, {sorted(counts)} seeds"
            )
        self.num_seeds = counts.pop()
        everybody = np.array(people.pop())
        self._values: dict[str, dict[str, np.ndarray]] = {}
        self._bootstraps: dict[str, Bootstrap] = {}
        self._least_p: dict[str, float] = {}
        for metric in METRICS:
            values = {
                row: np.stack([errors[metric] for errors in seeds]) for row, seeds in rows.items()
            }
            there = np.all([np.isfinite(each).all(axis=0) for each in values.values()], axis=0)
            if there.any():
                self._values[metric] = {row: each[:, there] for row, each in values.items()}
                self._bootstraps[metric] = Bootstrap(
                    everybody[there], {_FAMILY: self.num_seeds}, _BOOTSTRAP_SEED
                )
                self._least_p[metric] = 0.5 ** len(set(everybody[there]))
        self.num_groups = len(set(everybody))
        self.num_people = len(everybody)

    def require(self, metric: str) -> None:
        """Raises `InputError` if no image has the labels that a metric needs."""
        if metric not in self._values:
            raise InputError(
                f"expected held-out images with labels to measure {metric} by, received none"
            )

    def mean(self, row: str, metric: str) -> float | None:
        """The mean over people and seeds; None of a metric that could not be measured."""
        values = self._values.get(metric)
        return None if values is None else float(values[row].mean())

    def by_seed(self, row: str, metric: str) -> list[float]:
        """The mean with each seed."""
        return self._values[metric][row].mean(axis=1).tolist()

    def interval(self, row: str, metric: str) -> tuple[float, float] | None:
        """The 95 % interval of the mean."""
        if metric not in self._values:
            return None
        return statistics.percentile_interval(self._replicates(row, metric))

    def text(self, row: str, metric: str) -> str:
        """The mean with its interval, for people."""
        mean, interval = self.mean(row, metric), self.interval(row, metric)
        if mean is None or interval is None:
            return "-"
        digits = _DIGITS.get(metric, 1)
        return f"{mean:.{digits}f} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"

    def figures(self, row: str) -> dict[str, Any]:
        """All metrics of a row, for JSON."""
        figures: dict[str, Any] = {}
        for metric in METRICS:
            interval = self.interval(row, metric)
            figures[metric] = self.mean(row, metric)
            figures[f"ci95_{metric.rpartition('_')[0]}"] = interval and list(interval)
            if interval:
                figures[f"{metric}_by_seed"] = self.by_seed(row, metric)
        return figures

    def test(self, claims: Sequence[Claim]) -> dict[str, dict[str, Any]]:
        """Tests those of the claims whose rows and metric are there.

        Returns:
          By name: whether it holds, p, the weighted sum with its interval, and in words what was
          compared.
        """
        return {
            claim.name: self._test(claim)
            for claim in claims
            if claim.metric in self._values and set(claim.terms) <= set(self.rows)
        }

    def _test(self, claim: Claim) -> dict[str, Any]:
        sign = -1.0 if claim.metric in _HIGHER_IS_BETTER else 1.0
        replicates, total = np.zeros(statistics.NUM_REPLICATES), 0.0
        for row, weight in claim.terms.items():
            replicates += sign * weight * self._replicates(row, claim.metric)
            total += sign * weight * float(self._values[claim.metric][row].mean())
        found = statistics.compare(replicates, np.zeros_like(replicates), total)
        p = max(found.p, self._least_p[claim.metric])
        digits = _DIGITS.get(claim.metric, 1)
        terms = [
            f"{weight:+.3g} x {row} ({self.mean(row, claim.metric):.{digits}f})"
            for row, weight in claim.terms.items()
        ]
        return {
            "holds": bool(p < SIGNIFICANCE),
            "p": p,
            "metric": claim.metric,
            "difference": sign * found.mean,
            "ci95_difference": sorted(sign * bound for bound in found.interval),
            "detail": f"{claim.metric}: {' '.join(terms)}",
        }

    def _replicates(self, row: str, metric: str) -> np.ndarray:
        return self._bootstraps[metric].replicates(self._values[metric][row], _FAMILY)


def all_of(verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The claim that several claims all hold: its p is the largest of theirs."""
    worst = max(verdicts, key=lambda name: verdicts[name]["p"])
    return {
        "holds": all(verdict["holds"] for verdict in verdicts.values()),
        "p": verdicts[worst]["p"],
        "detail": f"all of {', '.join(verdicts)}; the weakest is {worst}",
    }
