"""The figures of the cross-validation over people, as JSON, Markdown and a picture."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from hps_tf.evaluation.prior_figures import REFERENCES
from hps_tf.evaluation.statistics import Bootstrap, percentile_interval
from tools.reproduce import line_figure

GOALS = {"6d": 0.1, "aa": 0.05}
"""Gains in nats per dimension that are aimed at on every fold, by the space of a kind of prior."""


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """How likely each person is under priors that had not seen them.

    Attributes:
      kind: The kind of prior; begins with its space.
      fold_of: The fold of each person.
      nll: `(N,)` negative log-likelihoods of N frames in nats per dimension, by density, which is
        ``"prior"`` or one of `prior_figures.REFERENCES`, and person.
      of_training: The mean over training poses for each fold that is held out, by density.
    """

    kind: str
    fold_of: Mapping[str, int]
    nll: Mapping[str, Mapping[str, np.ndarray]]
    of_training: Mapping[str, Sequence[float]]

    @property
    def goal(self) -> float:
        """The gain that is aimed at."""
        return GOALS[self.kind.split("-")[0]]

    @property
    def people(self) -> list[str]:
        """All people, sorted."""
        return sorted(self.fold_of)

    def of_fold(self, fold: int) -> list[str]:
        """The people of a fold."""
        return [name for name in self.people if self.fold_of[name] == fold]

    def means(self, people: Sequence[str]) -> dict[str, float]:
        """The mean over all frames of people, by density."""
        return {
            density: float(np.concatenate([by_person[name] for name in people]).mean())
            for density, by_person in self.nll.items()
        }

    def gain(self, people: Sequence[str]) -> float:
        """By how much the prior is better than the better of the references."""
        return _gain(self.means(people))

    def training_means(self, fold: int) -> dict[str, float]:
        """The mean over training poses where a fold is held out, by density."""
        return {density: by_fold[fold] for density, by_fold in self.of_training.items()}

    def gains(self) -> np.ndarray:
        """That of each person, in the order of `people`."""
        return np.array([self.gain([name]) for name in self.people])

    def fold_gains(self) -> list[float]:
        """That of each fold."""
        folds = range(1 + max(self.fold_of.values()))
        return [self.gain(self.of_fold(fold)) for fold in folds]

    def num_frames(self, person: str) -> int:
        """How many frames a person has."""
        return len(self.nll["prior"][person])


def json_rows(measured: Sequence[Measured], novelty: Mapping[str, float]) -> list[dict[str, Any]]:
    """Describes every kind of prior, its folds and people."""
    return [
        {
            "kind": each.kind,
            "goal": each.goal,
            **_summary(each, novelty),
            "folds": [
                {
                    "people": each.of_fold(fold),
                    "nll_per_dim": each.means(each.of_fold(fold)),
                    "training_nll_per_dim": each.training_means(fold),
                    "gain": gain,
                }
                for fold, gain in enumerate(each.fold_gains())
            ],
            "people": {
                name: {"frames": each.num_frames(name), "novelty": novelty[name]}
                | {"nll_per_dim": each.means([name]), "gain": each.gain([name])}
                for name in each.people
            },
        }
        for each in measured
    ]


def markdown(
    measured: Sequence[Measured],
    novelty: Mapping[str, float],
    facts: Sequence[str],
    picture: str,
) -> str:
    """Writes the report.

    Args:
      measured: Every kind of prior.
      novelty: Of each person, metres.
      facts: Lines about how the figures came about.
      picture: File name of the picture beside the report.
    """
    parts = [
        "# Gains of priors on people held out in turn",
        "",
        "By how much priors find poses of people whom they have not seen likelier than the better"
        " of a Gaussian and a mixture of 8 does: nats per dimension, higher is better.",
        "",
        *(f"- {fact}" for fact in facts),
        "- Means over people count everybody alike, those over a fold all frames alike. Intervals:"
        " 95 %, of bootstrap replicates that draw people.",
        "- ρ is the rank correlation of a person's gain with the novelty of the person's poses, and"
        " its p-value, two-sided.",
        "",
        "| prior | goal on every fold | folds | mean over people | lowest person"
        " | people with a gain | ρ with novelty |",
        "|---" * 7 + "|",
        *(_summary_line(each, novelty) for each in measured),
        "",
        "## Folds",
        "",
        "| prior | fold | people | frames | prior, NLL | Gaussian | GMM-8 | gain"
        " | prior, NLL of training poses | gain on them |",
        "|---" * 10 + "|",
        *(_fold_line(each, fold) for each in measured for fold in range(len(each.fold_gains()))),
        "",
        "## People",
        "",
        "| person | fold | frames | novelty, cm | "
        + " | ".join(f"{each.kind}, gain" for each in measured)
        + " |",
        "|---" * (4 + len(measured)) + "|",
        *(_person_line(measured, name, novelty) for name in _by_novelty(novelty)),
        "",
        f"![Gains of people over the novelty of their poses]({picture})",
        "",
    ]
    return "\n".join(parts)


def curves(measured: Sequence[Measured], novelty: Mapping[str, float]) -> np.ndarray:
    """Draws the gains of people over their novelty: `(H, W, 3)` uint8."""
    order = _by_novelty(novelty)
    panels = [
        line_figure.Panel(
            f"{space}: gain, nats per dimension",
            [
                line_figure.Line(
                    each.kind,
                    [100 * novelty[name] for name in order],
                    [each.gain([name]) for name in order],
                )
                for each in measured
                if each.kind.startswith(space)
            ],
            is_scatter=True,
        )
        for space in GOALS
        if any(each.kind.startswith(space) for each in measured)
    ]
    return line_figure.draw(panels, "novelty of a person's poses, cm")


def _gain(nll: Mapping[str, float]) -> float:
    return min(nll[name] for name in REFERENCES) - nll["prior"]


def _by_novelty(novelty: Mapping[str, float]) -> list[str]:
    return sorted(novelty, key=lambda name: novelty[name])


def _summary(each: Measured, novelty: Mapping[str, float]) -> dict[str, Any]:
    gains = each.gains()
    bootstrap = Bootstrap(each.people, {}, seed=0)
    correlation = stats.spearmanr(gains, [novelty[name] for name in each.people])
    return {
        "mean_gain": float(gains.mean()),
        "ci95_mean_gain": list(percentile_interval(bootstrap.replicates(gains[None], None))),
        "lowest_gain": float(gains.min()),
        "share_with_gain": float((gains > 0).mean()),
        "rank_correlation": float(correlation.statistic),
        "rank_correlation_p": float(correlation.pvalue),
    }


def _p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def _summary_line(each: Measured, novelty: Mapping[str, float]) -> str:
    summary = _summary(each, novelty)
    low, high = summary["ci95_mean_gain"]
    lowest = each.people[int(np.argmin(each.gains()))]
    cells = [
        each.kind,
        f"{each.goal:g}",
        ", ".join(f"{gain:.3f}" for gain in each.fold_gains()),
        f"{summary['mean_gain']:.3f} [{low:.3f}, {high:.3f}]",
        f"{summary['lowest_gain']:.3f} ({lowest})",
        f"{100 * summary['share_with_gain']:.0f} %",
        f"{summary['rank_correlation']:+.2f} ({_p_value(summary['rank_correlation_p'])})",
    ]
    return f"| {' | '.join(cells)} |"


def _fold_line(each: Measured, fold: int) -> str:
    people = each.of_fold(fold)
    means = each.means(people)
    cells = [
        each.kind,
        str(fold),
        ", ".join(people),
        f"{sum(map(each.num_frames, people)):,}",
        *(f"{means[name]:.3f}" for name in ("prior", *REFERENCES)),
        f"{each.gain(people):.3f}",
        f"{each.training_means(fold)['prior']:.3f}",
        f"{_gain(each.training_means(fold)):.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def _person_line(measured: Sequence[Measured], name: str, novelty: Mapping[str, float]) -> str:
    first = measured[0]
    cells = [
        name,
        str(first.fold_of[name]),
        f"{first.num_frames(name):,}",
        f"{100 * novelty[name]:.1f}",
        *(f"{each.gain([name]):.3f}" for each in measured),
    ]
    return f"| {' | '.join(cells)} |"
