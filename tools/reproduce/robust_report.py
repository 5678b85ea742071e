"""The robustness study's figures, as JSON, Markdown and curves."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.evaluation.statistics import Bootstrap, Difference, compare, percentile_interval
from tools.reproduce import rows
from tools.reproduce.claims import SIGNIFICANCE
from tools.reproduce.line_figure import Line, Panel, draw
from tools.reproduce.report import bootstrap_fact
from tools.reproduce.robust_conditions import CONDITIONS, MISSING, RANDOM, Condition
from tools.reproduce.robust_study import title
from tools.reproduce.rows import Row

#: What is measured of each fit, by key: its name, and the unit; lower is better.
METRICS = {
    "mpjpe": "MPJPE",
    "pa_mpjpe": "PA-MPJPE",
    "distance": "Distance to recorded poses",
}

#: The pairs of which the first is claimed to be better, by prior.
_FLOWS = (rows.FLOW, rows.LIGHT)


@dataclasses.dataclass(frozen=True, eq=False)
class Fits:
    """A method's fits to N people under a condition, by S seeds; millimetres.

    Attributes:
      row: The method.
      condition: The condition.
      errors: `(S, N)` of each of `METRICS`.
      weight: Of prior and shape, chosen on validation people.
      cpu_seconds: Per person.
    """

    row: Row
    condition: Condition
    errors: Mapping[str, np.ndarray]
    weight: float
    cpu_seconds: float


class Comparison:
    """All fits, compared.

    Args:
      fits: Of every method under every condition, with at least one seed each.
      clips: `(N,)` the people's clips.
    """

    def __init__(self, fits: Sequence[Fits], clips: np.ndarray):
        self.methods = list(dict.fromkeys(each.row for each in fits))
        self.num_clips = len(np.unique(clips))
        self._fits = {(each.row, each.condition): each for each in fits}
        seeds = {
            each.row.family: len(each.errors["mpjpe"]) for each in fits if rows.has_seeds(each.row)
        }
        self._bootstrap = Bootstrap(clips, seeds, seed=0)

    def fits(self, row: Row, condition: Condition) -> Fits:
        """A method's fits under a condition."""
        return self._fits[row, condition]

    def mean(self, row: Row, condition: Condition, metric: str) -> float:
        """The mean of a metric, mm."""
        return float(self.fits(row, condition).errors[metric].mean())

    def interval(self, row: Row, condition: Condition, metric: str) -> tuple[float, float]:
        """Its 95 % interval, mm."""
        return percentile_interval(self._replicates(row, condition, metric))

    def difference(self, first: Row, second: Row, condition: Condition) -> Difference:
        """By how much the first method's MPJPE is above the second's, mm; p: that it is below."""
        mean = self.mean(first, condition, "mpjpe") - self.mean(second, condition, "mpjpe")
        return compare(
            self._replicates(first, condition, "mpjpe"),
            self._replicates(second, condition, "mpjpe"),
            mean,
        )

    def _replicates(self, row: Row, condition: Condition, metric: str) -> np.ndarray:
        family = row.family if rows.has_seeds(row) else None
        return self._bootstrap.replicates(self.fits(row, condition).errors[metric], family)


def claims(comparison: Comparison) -> list[dict[str, Any]]:
    """Compares every flow with every other prior, over the conditions with anything wrong."""
    noisy = [condition for condition in CONDITIONS if condition.is_noisy]
    found = []
    for flow in (each for each in comparison.methods if each.prior in _FLOWS):
        for other in comparison.methods:
            if other.prior in _FLOWS:
                continue
            if other.prior == rows.GAUSSIAN and other.representation != flow.representation:
                continue
            differences = {
                condition.key: comparison.difference(flow, other, condition) for condition in noisy
            }
            found.append(
                {
                    "first": title(flow),
                    "second": title(other),
                    "conditions": len(noisy),
                    "better": _count(each.p < SIGNIFICANCE for each in differences.values()),
                    "worse": _count(each.p > 1 - SIGNIFICANCE for each in differences.values()),
                    "differences": {
                        key: dataclasses.asdict(each) for key, each in differences.items()
                    },
                }
            )
    return found


def _count(verdicts: Iterable[bool]) -> int:
    return sum(map(bool, verdicts))


def json_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Describes every method under every condition; millimetres."""
    return [
        {
            "prior": title(row),
            "condition": condition.name,
            "weight": comparison.fits(row, condition).weight,
            "cpu_seconds_per_person": comparison.fits(row, condition).cpu_seconds,
            "seeds": len(comparison.fits(row, condition).errors["mpjpe"]),
            **{f"{metric}_mm": comparison.mean(row, condition, metric) for metric in METRICS},
            **{
                f"ci95_{metric}_mm": list(comparison.interval(row, condition, metric))
                for metric in METRICS
            },
        }
        for condition in CONDITIONS
        for row in comparison.methods
    ]


def markdown(comparison: Comparison, facts: Sequence[str], pictures: Mapping[str, str]) -> str:
    """Writes the report.

    Args:
      comparison: The fits.
      facts: Lines about how the figures came about.
      pictures: File names of the curves, by metric.
    """
    parts = [
        "# Priors under noise",
        "",
        "Bodies fitted to 17 COCO keypoints that are noisy, missing, hidden or outside the image,"
        " with different pose priors. Means in mm, lower is better; the JSON file has 95 %"
        " intervals.",
        "",
        *(f"- {fact}" for fact in (*facts, bootstrap_fact(comparison.num_clips))),
        "",
    ]
    for metric, name in METRICS.items():
        parts += [f"## {name}", "", *_table(comparison, metric), ""]
        if metric in pictures:
            parts += [f"![{name} against the keypoints' noise]({pictures[metric]})", ""]
    parts += [
        "## Flows beside other priors",
        "",
        "In how many of the conditions with noise or missing keypoints a flow's MPJPE is lower, or"
        f" higher, than another prior's at p < {SIGNIFICANCE:g}, one-sided, by the same bootstrap.",
        "",
        "| flow | beside | better | worse | of | largest gain, mm | largest loss, mm |",
        "|---|---|---|---|---|---|---|",
        *map(_claim_line, claims(comparison)),
        "",
    ]
    return "\n".join(parts)


def _table(comparison: Comparison, metric: str) -> list[str]:
    lines = [
        "| keypoints | " + " | ".join(map(title, comparison.methods)) + " |",
        "|---" * (1 + len(comparison.methods)) + "|",
    ]
    for condition in CONDITIONS:
        means = [comparison.mean(row, condition, metric) for row in comparison.methods]
        cells = [f"**{mean:.1f}**" if mean == min(means) else f"{mean:.1f}" for mean in means]
        lines.append(f"| {condition.name} | " + " | ".join(cells) + " |")
    return lines


def _claim_line(claim: Mapping[str, Any]) -> str:
    means = [each["mean"] for each in claim["differences"].values()]
    cells = [
        claim["first"],
        claim["second"],
        str(claim["better"]),
        str(claim["worse"]),
        str(claim["conditions"]),
        f"{max(-min(means), 0):.1f}",
        f"{max(max(means), 0):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def curves(comparison: Comparison, metric: str) -> np.ndarray:
    """Draws a metric against the keypoints' noise, a panel for each share that is missing."""
    panels = []
    for missing in MISSING:
        members = [each for each in CONDITIONS if each.kind == RANDOM and each.missing == missing]
        noises = [each.noise for each in members]
        lines = [
            Line(title(row), noises, [comparison.mean(row, each, metric) for each in members])
            for row in comparison.methods
        ]
        panels.append(Panel(f"{METRICS[metric]}, mm; {100 * missing:g} % missing", lines))
    return draw(panels, "noise of the keypoints, pixels")
