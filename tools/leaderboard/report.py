"""The leaderboard as Markdown, JSON and a picture."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.evaluation.statistics import Bootstrap, compare, percentile_interval
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.visualization import png
from tools.benchmark.report import machine
from tools.leaderboard import figure
from tools.leaderboard.entries import Entry
from tools.leaderboard.measures import COMPLETION, HIDDEN, SCORES

SIGNIFICANCE = 0.05

#: Task and field of each column of errors, millimetres, lower is better; and its title.
ERRORS = {
    ("denoise-40", "error"): "denoising at 40 mm",
    ("denoise-100", "error"): "denoising at 100 mm",
    (COMPLETION, "mode"): "completion, likeliest",
    (COMPLETION, "best"): "completion, best of {num_hypotheses}",
    ("ik", "error"): "IK",
}

_SCORE_TITLES = ("FID, m²", "precision", "recall", "density", "coverage", "APD, m")
_PICTURE = "leaderboard.png"


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """What was measured of an entry.

    Attributes:
      entry: The entry.
      quality: Scalars of `measures.quality`.
      tasks: Arrays of `measures.task` by task.
    """

    entry: Entry
    quality: Mapping[str, float]
    tasks: Mapping[str, Mapping[str, np.ndarray]]


class Errors:
    """The errors of all entries in the tasks, and their replicates.

    Args:
      results: Of all entries.
      clips: `(N,)` the poses' clips.
    """

    def __init__(self, results: Sequence[Result], clips: np.ndarray):
        self._results = results
        self._bootstrap = Bootstrap(clips, {}, seed=0)
        self._replicates = {
            (result.entry.key, *column): self._bootstrap.replicates(self.of(result, column), None)
            for result in results
            for column in ERRORS
        }

    def of(self, result: Result, column: tuple[str, str]) -> np.ndarray:
        """`(1, N)` millimetres."""
        task, field = column
        return result.tasks[task][field][None]

    def mean(self, result: Result, column: tuple[str, str]) -> float:
        """The mean error, mm."""
        return float(self.of(result, column).mean())

    def interval(self, result: Result, column: tuple[str, str]) -> tuple[float, float]:
        """Its 95 % interval, mm."""
        return percentile_interval(self._replicates[(result.entry.key, *column)])

    def best(self, column: tuple[str, str]) -> Result:
        """The entry with the lowest mean error."""
        return min(self._results, key=lambda result: self.mean(result, column))

    def is_level(self, result: Result, column: tuple[str, str]) -> bool:
        """Whether the best entry is not better at p < 0.05."""
        best = self.best(column)
        if best is result:
            return True
        first, second = (self._replicates[(each.entry.key, *column)] for each in (best, result))
        mean = self.mean(best, column) - self.mean(result, column)
        return bool(compare(first, second, mean).p >= SIGNIFICANCE)


def write(
    output: Path,
    settings: Mapping[str, Any],
    missing: Sequence[str],
    results: Sequence[Result],
    recorded: Mapping[str, Mapping[str, float]],
    clips: np.ndarray,
) -> None:
    """Writes the results and prints the Markdown.

    Args:
      output: Directory.
      settings: The study's, with the numbers of poses and samples that there were.
      missing: Lines about expected runs that are missing.
      results: Of all entries.
      recorded: Scores of training poses by pose space.
      clips: `(N,)` the clips of the tasks' poses.
    """
    errors = Errors(results, clips)
    facts = [*_facts(settings, len(np.unique(clips))), *missing]
    content = {
        "machine": machine(),
        **settings,
        "facts": facts,
        "rows": [_json_row(result, errors) for result in results],
        "recorded": recorded,
    }
    write_json(output / "leaderboard.json", content, indent=1)
    text = markdown(settings, facts, results, recorded, errors)
    with replacing(output / "leaderboard.md") as temporary:
        temporary.write_text(text, "utf-8")
    png.write(output / _PICTURE, picture(settings, results, errors))
    print(text)


def markdown(
    settings: Mapping[str, Any],
    facts: Sequence[str],
    results: Sequence[Result],
    recorded: Mapping[str, Mapping[str, float]],
    errors: Errors,
) -> str:
    """Writes the report; see `write`."""
    titles = _titles(settings)
    parts = [
        "# Leaderboard of priors",
        "",
        *(f"- {fact}" for fact in facts),
        "",
        "## Density and samples",
        "",
        "| prior | parameters | σ | NLL, nats/dim | "
        + " | ".join(_SCORE_TITLES)
        + " | CPU µs per sample |",
        "|---" * (5 + len(_SCORE_TITLES)) + "|",
        *(_quality_line(result) for result in results if result.quality["noise"] > 0),
        *(
            f"| *training poses, {code}* | | | | {' | '.join(_scores(scores))} | |"
            for code, scores in recorded.items()
        ),
        "",
        "## Tasks",
        "",
        "Mean errors in mm, lower is better; bold: the lowest, and those that it does not beat at"
        f" p < {SIGNIFICANCE:g} (one-sided, paired bootstrap over clips). The JSON file has 95 %"
        " intervals.",
        "",
        "| prior | " + " | ".join(titles) + " | spread |",
        "|---" * (2 + len(titles)) + "|",
        *(_task_line(result, errors) for result in results),
        "",
        f"![Errors in the tasks]({_PICTURE})",
        "",
    ]
    return "\n".join(parts)


def picture(settings: Mapping[str, Any], results: Sequence[Result], errors: Errors) -> np.ndarray:
    """Draws the tasks' errors, `(H, W, 3)` uint8 RGB."""
    columns = zip(ERRORS, _titles(settings), strict=True)
    panels = [
        figure.Panel(
            title,
            [errors.mean(result, column) for result in results],
            [errors.interval(result, column) for result in results],
        )
        for column, title in columns
    ]
    return figure.draw([result.entry.name for result in results], panels)


def _titles(settings: Mapping[str, Any]) -> list[str]:
    return [title.format(**settings) for title in ERRORS.values()]


def _facts(settings: Mapping[str, Any], num_clips: int) -> list[str]:
    hidden = ", ".join(f"the {' and the '.join(names)}" for names in HIDDEN).replace("_", " ")
    return [
        f"Test split of {', '.join(settings['data'])}, seed {settings['seed']}. Density and"
        f" samples: {settings['num_samples']:,} samples beside as many poses. Tasks:"
        f" {settings['num_poses']} poses of {num_clips} clips.",
        "NLL is of poses with noise of σ, which samples and the test poses beside them carry too."
        " So numbers of rows compare at one pose space (6D, AA) and one σ; the training poses, with"
        " the same noise, say what samples could reach.",
        "Tasks: `hps prior` with the same solver (L-BFGS) for all, latent space where there is one,"
        " and no weight: the noise is known, and energies are in nats. `none` is the control. Bones"
        " are known, global rotation and translation are not; errors are without alignment.",
        f"Completion hides {hidden} by turns, and measures the hidden joints. Spread is the mean"
        f" distance between two of {settings['num_hypotheses']} hypotheses. A prior without samples"
        " has one hypothesis.",
        "IK gives hands, feet and head, and measures the other 19 joints.",
    ]


def _quality_line(result: Result) -> str:
    quality = result.quality
    cells = [
        result.entry.name,
        f"{quality['num_parameters']:,.0f}",
        f"{quality['noise']:g}" if math.isfinite(quality["nll"]) else "-",
        _number(quality["nll"], "{:.3f}".format),
        *_scores(quality),
        _number(quality["cpu_us"], "{:.1f}".format),
    ]
    return f"| {' | '.join(cells)} |"


def _scores(scores: Mapping[str, float]) -> list[str]:
    return [_number(scores[name], "{:.3f}".format) for name in SCORES]


def _task_line(result: Result, errors: Errors) -> str:
    cells = [result.entry.name]
    for column in ERRORS:
        text = f"{errors.mean(result, column):.1f}"
        cells.append(f"**{text}**" if errors.is_level(result, column) else text)
    cells.append(_number(_spread(result), "{:.1f}".format))
    return f"| {' | '.join(cells)} |"


def _spread(result: Result) -> float:
    return float(result.tasks[COMPLETION]["spread"].mean())


def _json_row(result: Result, errors: Errors) -> dict[str, Any]:
    quality = {
        name: value if math.isfinite(value) else None for name, value in result.quality.items()
    }
    spread = _spread(result)
    return {
        "prior": result.entry.name,
        "sha256": result.entry.digest(),
        **quality,
        **{
            f"{task}_{field}_mm": {
                "mean": errors.mean(result, (task, field)),
                "ci95": list(errors.interval(result, (task, field))),
                "level_with_best": errors.is_level(result, (task, field)),
            }
            for task, field in ERRORS
        },
        "completion_spread_mm": spread if math.isfinite(spread) else None,
    }


def _number(value: float, text: Callable[[float], str]) -> str:
    return text(value) if math.isfinite(value) else "-"
