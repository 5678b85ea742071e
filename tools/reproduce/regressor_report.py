"""The figures of the study of regressors, as JSON and Markdown."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.evaluation.statistics import Bootstrap, compare, percentile_interval
from tools.reproduce.claims import SIGNIFICANCE
from tools.reproduce.regressor_study import CONDITIONS, FULL, METHODS, SPIN, VIBE, WEAK
from tools.reproduce.report import bootstrap_fact

FAMILY = "seed"
"""All runs of a seed are paired: they share people, labels and noise."""

METRICS = {
    "mpjpe": ("MPJPE", "mm"),
    "pa_mpjpe": ("PA-MPJPE", "mm"),
    "acceleration": ("Acceleration error", "mm/frame²"),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """A method's errors under a condition, by S seeds and N frames.

    Attributes:
      method: A key of `METHODS`.
      condition: A key of `CONDITIONS`.
      errors: `(S, N)` of each of `METRICS`.
    """

    method: str
    condition: str
    errors: Mapping[str, np.ndarray]

    @classmethod
    def of_seeds(
        cls, method: str, condition: str, by_seed: Sequence[Mapping[str, np.ndarray]]
    ) -> "Measured":
        """Joins the errors of each seed."""
        errors = {name: np.stack([each[name] for each in by_seed]) for name in METRICS}
        return cls(method, condition, errors)


def json_rows(measured: Sequence[Measured], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Describes every method under every condition."""
    return [
        {
            "method": each.method,
            "condition": each.condition,
            **{metric: float(each.errors[metric].mean()) for metric in METRICS},
            **{f"ci95_{metric}": list(_interval(each, metric, bootstrap)) for metric in METRICS},
            "mpjpe_by_seed": each.errors["mpjpe"].mean(axis=1).tolist(),
        }
        for each in measured
    ]


def unmoved(measured: Sequence[Measured]) -> list[str]:
    """Says of how many seeds VIBE is the network that it began with, if of any."""
    by_name = {(each.method, each.condition): each.errors["mpjpe"] for each in measured}
    condition = next(iter(CONDITIONS))
    pairs = zip(by_name[VIBE, condition], by_name[SPIN, condition], strict=True)
    same = sum(np.allclose(vibe, spin, atol=1e-3) for vibe, spin in pairs)
    if not same:
        return []
    return [
        f"In {same} of {len(by_name[VIBE, condition])} runs, VIBE's loss on validation people never"
        " fell below that of SPIN's network, which it begins with, so its row has that network."
    ]


def claims(measured: Sequence[Measured], bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Tests that the paper's way with few labels is better than each other method with few."""
    by_name = {(each.method, each.condition): each for each in measured}
    found = []
    for other in METHODS:
        if other in (WEAK, FULL):
            continue
        for condition in CONDITIONS:
            for metric in METRICS:
                pair = by_name[WEAK, condition], by_name[other, condition]
                means = [float(each.errors[metric].mean()) for each in pair]
                first, second = (_replicates(each, metric, bootstrap) for each in pair)
                difference = compare(first, second, means[0] - means[1])
                found.append(
                    {
                        "better_than": other,
                        "condition": condition,
                        "metric": metric,
                        "holds": bool(difference.p < SIGNIFICANCE),
                        "p": difference.p,
                        "difference": difference.mean,
                        "ci95_difference": list(difference.interval),
                    }
                )
    return found


def markdown(measured: Sequence[Measured], bootstrap: Bootstrap, facts: Sequence[str]) -> str:
    """Writes the report.

    Args:
      measured: Every method under every condition.
      bootstrap: Over clips and seeds.
      facts: Lines about how the figures came about.
    """
    parts = [
        "# The rows of Table 3, from keypoints",
        "",
        "HMR, SPIN and VIBE trained anew, without images, beside the paper's weak supervision with"
        " the same few labels, and the lifting network with all. Means with 95 % intervals, lower"
        " is better.",
        "",
        *(f"- {fact}" for fact in (*facts, bootstrap_fact(bootstrap.num_clips))),
        "",
    ]
    for metric, (name, unit) in METRICS.items():
        parts += [f"## {name}, {unit}", "", *_table(measured, metric, bootstrap), ""]
    parts += [
        f"## Is {METHODS[WEAK]!r} better?".replace("'", ""),
        "",
        f"Differences to the other methods with few labels, one-sided; a claim holds at p <"
        f" {SIGNIFICANCE:g}.",
        "",
        "| better than | keypoints | metric | holds | p | difference |",
        "|---" * 6 + "|",
        *map(_claim_line, claims(measured, bootstrap)),
        "",
    ]
    return "\n".join(parts)


def _table(measured: Sequence[Measured], metric: str, bootstrap: Bootstrap) -> list[str]:
    lines = ["| method | " + " | ".join(CONDITIONS) + " |", "|---" * (1 + len(CONDITIONS)) + "|"]
    for method, title in METHODS.items():
        cells = []
        for each in measured:
            if each.method == method:
                low, high = _interval(each, metric, bootstrap)
                cells.append(f"{each.errors[metric].mean():.1f} [{low:.1f}, {high:.1f}]")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def _claim_line(claim: Mapping[str, Any]) -> str:
    name, unit = METRICS[claim["metric"]]
    low, high = claim["ci95_difference"]
    cells = [
        METHODS[claim["better_than"]],
        claim["condition"],
        name,
        "yes" if claim["holds"] else "**no**",
        f"{claim['p']:.4f}",
        f"{claim['difference']:+.1f} [{low:+.1f}, {high:+.1f}] {unit}",
    ]
    return "| " + " | ".join(cells) + " |"


def _interval(each: Measured, metric: str, bootstrap: Bootstrap) -> tuple[float, float]:
    return percentile_interval(_replicates(each, metric, bootstrap))


def _replicates(each: Measured, metric: str, bootstrap: Bootstrap) -> np.ndarray:
    return bootstrap.replicates(each.errors[metric], FAMILY)
