"""Report of a search: a table, JSON, a picture and the best config."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras_tuner

from hps_tf.io import atomic_file, json_file
from hps_tf.visualization import png
from tools.tuning import parallel_coordinates
from tools.tuning.search_space import SearchSpace
from tools.tuning.tuner import own_values, root


@dataclasses.dataclass(frozen=True)
class Result:
    """A trial.

    Attributes:
      trial: Its name.
      run: The trial whose directory it was trained in; another's if it grew from that.
      status: ``"COMPLETED"``, ``"FAILED"`` or another of Keras Tuner's.
      score: The best value of the objective, None if there is none.
      best_step: Where it was reached.
      steps: How far it was trained.
      values: The hyper-parameters' values, without those that had no effect.
    """

    trial: str
    run: str
    status: str
    score: float | None
    best_step: int | None
    steps: int
    values: Mapping[str, Any]


def results(oracle: keras_tuner.Oracle) -> list[Result]:
    """The trials of an oracle, the best first, those without a score last."""
    name = oracle.objective.name
    found = []
    for trial in oracle.trials.values():
        scored = trial.metrics.exists(name)
        history = trial.metrics.get_history(name) if scored else []
        found.append(
            Result(
                trial=trial.trial_id,
                run=root(trial, oracle.get_trial),
                status=trial.status,
                score=float(trial.metrics.get_best_value(name)) if scored else None,
                best_step=trial.metrics.get_best_step(name) if scored else None,
                steps=max((observation.step for observation in history), default=0),
                values=own_values(trial.hyperparameters),
            )
        )
    sign = _sign(oracle.objective)
    # A run that went on has the score that it had before as well; the longer is the better known.
    return sorted(
        found,
        key=lambda each: (
            each.status != "COMPLETED" or each.score is None,
            sign * (each.score or 0.0),
            -each.steps,
        ),
    )


def table(found: Sequence[Result], objective: keras_tuner.Objective, loss_unit: str = "") -> str:
    """Formats the results for people.

    Args:
      found: The trials.
      objective: What they were scored by.
      loss_unit: The unit of the validation loss.
    """
    names = list(dict.fromkeys(name for result in found for name in result.values))
    lines = [["trial", objective.name, "at step", "of", *names]]
    for result in found:
        score = result.status.lower() if result.score is None else f"{result.score:.5g}"
        if result.score is not None and result.status != "COMPLETED":
            score = f"{score} ({result.status.lower()})"
        best_step = "-" if result.best_step is None else str(result.best_step)
        values = [_text(result.values.get(name)) for name in names]
        lines.append([result.trial, score, best_step, str(result.steps), *values])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    better = "higher" if objective.direction == "max" else "lower"
    unit = unit_of(objective.name, loss_unit)
    title = f"{objective.name}{f' in {unit}' if unit else ''}: {better} is better"
    return "\n".join(
        [title]
        + [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
    )


def unit_of(objective: str, loss_unit: str) -> str:
    """Gives the unit of a figure of the validations, "" if it has none."""
    units = {"loss": loss_unit, "mm": "millimetres", "cm": "centimetres", "px": "pixels"}
    return units.get(re.split("[/_]", objective)[-1], "")


def write(
    directory: Path, oracle: keras_tuner.Oracle, space: SearchSpace, loss_unit: str = ""
) -> None:
    """Writes results.json, results.txt, parallel_coordinates.png and best_config.json.

    Args:
      directory: The search's.
      oracle: The oracle, its search ended, with a completed trial.
      space: The configs it chose from.
      loss_unit: The unit of the validation loss.
    """
    found = results(oracle)
    best = found[0]
    objective = oracle.objective
    content = {
        "objective": objective.name,
        "direction": objective.direction,
        "best": dataclasses.asdict(best),
        "trials": [dataclasses.asdict(result) for result in found],
    }
    json_file.write(directory / "results.json", content)
    with atomic_file.replacing(directory / "results.txt") as temporary:
        temporary.write_text(table(found, objective, loss_unit) + "\n", "utf-8")
    config = space.config(oracle.trials[best.trial].hyperparameters)
    json_file.write(directory / "best_config.json", config.to_dict())
    axes, lines = _picture(found, oracle)
    png.write(directory / "parallel_coordinates.png", parallel_coordinates.draw(axes, lines))


def _picture(
    found: Sequence[Result], oracle: keras_tuner.Oracle
) -> tuple[list[parallel_coordinates.Axis], list[parallel_coordinates.Line]]:
    """A line for each run that has a score, with its longest trial's."""
    longest: dict[str, Result] = {}
    for result in found:
        if result.score is None or result.status != "COMPLETED":
            continue
        if result.run not in longest or result.steps > longest[result.run].steps:
            longest[result.run] = result
    objective = oracle.objective
    kinds = {each.name: each for each in oracle.get_space().space}
    axes = [
        parallel_coordinates.axis(
            name,
            [result.values[name] for result in longest.values() if name in result.values],
            is_logarithmic=getattr(kinds[name], "sampling", None) in ("log", "reverse_log"),
        )
        for name in kinds
        if any(name in result.values for result in longest.values())
    ]
    steps = [result.steps for result in longest.values()]
    if len(set(steps)) > 1:
        axes.append(parallel_coordinates.axis("steps trained", steps, is_logarithmic=True))
    scores = [result.score for result in longest.values()]
    axes.append(parallel_coordinates.axis(objective.name, scores))
    sign = _sign(objective)
    order = sorted(longest.values(), key=lambda each: sign * (each.score or 0.0))
    lines = [
        parallel_coordinates.Line(
            {**result.values, "steps trained": result.steps, objective.name: result.score},
            rank / max(1, len(order) - 1),
        )
        for rank, result in enumerate(order)
    ]
    return axes, lines


def _sign(objective: keras_tuner.Objective) -> float:
    """Factor of scores that makes less better."""
    return -1.0 if objective.direction == "max" else 1.0


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
