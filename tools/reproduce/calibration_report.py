"""The calibration study's figures, as rows, Markdown and curves."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from hps_tf.evaluation import calibration
from hps_tf.evaluation.calibration import LEVELS
from hps_tf.metrics import roc_auc
from tools.reproduce.line_figure import Line, Panel, draw
from tools.reproduce.robust_conditions import CONDITIONS, Condition

LIFTED, FITTED, FLOW = "lifted", "fitted", "fitted, flow"

_WRONG = 0.1  # Metres of MPJPE.
_DRAWN = ("0px-0", "4px-20", "8px-40", "detector")
_CURVE = tuple(np.linspace(0.05, 0.95, 19))


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """A method's bodies of N people under a condition.

    Attributes:
      method: Its name.
      condition: The condition.
      distance: `(N, 23)` how far joints are off, seen from the pelvis, metres.
      std: `(N, 23)` their standard deviations, metres.
      mpjpe: `(N,)` metres.
      score: `(N,)` log-densities of the poses, nats.
      cpu_seconds: Per person.
    """

    method: str
    condition: Condition
    distance: np.ndarray
    std: np.ndarray
    mpjpe: np.ndarray
    score: np.ndarray
    cpu_seconds: np.ndarray


@dataclasses.dataclass(frozen=True)
class Row:
    """The figures of a method under a condition.

    Attributes:
      method: Its name.
      condition: The condition's.
      mpjpe_mm: Mean error.
      coverage: Shares of the joints within their 50, 80 and 95 % intervals.
      factor: The method's, by which standard deviations are recalibrated.
      recalibrated: `coverage` after that.
      quantiles: So many of the given standard deviations 50, 80 and 95 % of the joints are off at
        most.
      wrong: The share of bodies that are wrong.
      auc_std: Area under the ROC curve of the mean standard deviation; None if all bodies are
        right, or all wrong.
      auc_score: Of the prior's score.
    """

    method: str
    condition: str
    mpjpe_mm: float
    coverage: tuple[float, ...]
    factor: float
    recalibrated: tuple[float, ...]
    quantiles: tuple[float, ...]
    wrong: float
    auc_std: float | None
    auc_score: float | None


def rows(test: Sequence[Measured], validation: Sequence[Measured]) -> list[Row]:
    """Computes the figures of all methods under all conditions.

    Args:
      test: Of the test people.
      validation: Of the validation people, who give the factors.
    """
    factors = {name: _factor(name, validation) for name in dict.fromkeys(m.method for m in test)}
    return [_row(each, factors[each.method]) for each in test]


def _factor(name: str, validation: Sequence[Measured]) -> float:
    """One for all conditions, since nobody knows the condition of a photograph."""
    of_method = [each for each in validation if each.method == name]
    distance = np.concatenate([each.distance for each in of_method])
    std = np.concatenate([each.std for each in of_method])
    return calibration.calibrate(distance, std).scale


def _row(measured: Measured, factor: float) -> Row:
    given = calibration.calibrate(measured.distance, measured.std)
    recalibrated = calibration.calibrate(measured.distance, factor * measured.std)
    is_wrong = measured.mpjpe > _WRONG
    return Row(
        method=measured.method,
        condition=measured.condition.name,
        mpjpe_mm=1e3 * float(measured.mpjpe.mean()),
        coverage=given.coverage,
        factor=factor,
        recalibrated=recalibrated.coverage,
        quantiles=given.quantiles,
        wrong=float(is_wrong.mean()),
        auc_std=_auc(measured.std.mean(axis=1), is_wrong),
        auc_score=_auc(-measured.score, is_wrong),
    )


def _auc(doubt: np.ndarray, is_wrong: np.ndarray) -> float | None:
    if is_wrong.all() or not is_wrong.any():
        return None
    return roc_auc(doubt[~is_wrong], doubt[is_wrong])


def markdown(rows: Sequence[Row], facts: Sequence[str], picture: str) -> str:
    """Writes the report.

    Args:
      rows: All figures.
      facts: Lines about how they came about.
      picture: File name of the curves.
    """
    parts = [
        "# How sure bodies are",
        "",
        "Standard deviations of joints beside the joints' errors, on people who were not trained"
        " on. An interval of 50 % should hold 50 % of the joints, and so on.",
        "",
        *(f"- {fact}" for fact in facts),
        "",
        f"![Share of joints within their intervals]({picture})",
        "",
    ]
    for method in dict.fromkeys(row.method for row in rows):
        of_method = [row for row in rows if row.method == method]
        levels = " / ".join(f"{100 * level:g}" for level in LEVELS)
        parts += [
            f"## {method[0].upper()}{method[1:]}",
            "",
            f"Factor of recalibration: {of_method[0].factor:.2f}. Columns of coverage are in"
            " percent.",
            "",
            f"| keypoints | MPJPE, mm | within {levels} % | recalibrated | wrong by 10 cm, % |"
            " AUC by deviation | AUC by prior |",
            "|---" * 7 + "|",
            *map(_line, of_method),
            "",
        ]
    return "\n".join(parts)


def _line(row: Row) -> str:
    cells = [
        row.condition,
        f"{row.mpjpe_mm:.0f}",
        _percent(row.coverage),
        _percent(row.recalibrated),
        f"{100 * row.wrong:.0f}",
        *("–" if auc is None else f"{auc:.2f}" for auc in (row.auc_std, row.auc_score)),
    ]
    return "| " + " | ".join(cells) + " |"


def _percent(shares: Sequence[float]) -> str:
    return " / ".join(f"{100 * share:.0f}" for share in shares)


def curves(measured: Sequence[Measured]) -> np.ndarray:
    """Draws coverage against the intervals' levels, a panel for each of some conditions."""
    radii = calibration.radius(np.array(_CURVE))
    panels = []
    for condition in (each for each in CONDITIONS if each.key in _DRAWN):
        lines = [Line("as promised", _CURVE, _CURVE)]
        for each in measured:
            if each.condition == condition:
                ratio = each.distance / each.std
                shares = [float(np.mean(ratio <= radius)) for radius in radii]
                lines.append(Line(each.method, _CURVE, shares))
        panels.append(Panel(f"within the interval; {condition.name}", lines))
    return draw(panels, "the interval's level")
