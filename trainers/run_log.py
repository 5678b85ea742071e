"""The record of a run: log.jsonl, TensorBoard and the progress on the terminal."""

import datetime
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from hps_tf.io import atomic_file
from trainers.event_files import EventFiles

_FILE = "log.jsonl"


def records(workdir: Path) -> list[dict[str, float]]:
    """Reads the records of a run directory; none before the first is written."""
    path = workdir / _FILE
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines(keepends=True)
    # A killed process may leave half a line at the end.
    return [json.loads(line) for line in lines if line.endswith("\n")]


class RunLog:
    """Writes each record as one line of log.jsonl and to TensorBoard.

    A resumed run repeats the steps after its checkpoint: their old lines are dropped, and
    TensorBoard's files are written anew from the lines that stay.

    Args:
      workdir: The run directory.
      step: The step that the run is at.
      steps: The step at which it ends.
      silent: Whether to write nothing, as workers other than the chief do.
      settings: The config's settings by dotted name, for TensorBoard.
      unit: The unit of the validation loss.
    """

    def __init__(
        self,
        workdir: Path,
        step: int,
        steps: int,
        silent: bool,
        settings: Mapping[str, object] | None = None,
        unit: str = "",
    ):
        self._path = workdir / _FILE
        self._steps = steps
        self._silent = silent
        self._unit = f" {unit}" if unit else ""
        self._pace = _Pace()
        self._begin_interval(step)
        if not silent:
            self._open_at(step, workdir / "tensorboard", settings or {})

    def add(self, step: int, sums: Mapping[str, float]) -> None:
        """Adds values of training steps.

        Args:
          step: How many steps have been taken by now.
          sums: The values by name, each summed over the steps since the last call.
        """
        for name, total in sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + total
        self._pace.mark(step)

    def write_means(self, step: int, learning_rate: float) -> None:
        """Records the means of the added values over the steps since the last such record."""
        count = step - self._first_step
        means = {name: total / count for name, total in self._sums.items()}
        rate = count / (time.perf_counter() - self._start)
        self._write(step, {**means, "learning_rate": learning_rate, "steps_per_second": rate})
        left = self._pace.seconds_for(self._steps - step)
        text = f"loss {means['loss']:.4f}  {self._pace.rate():.1f} steps/s"
        if left is not None:
            text += f"  {datetime.timedelta(seconds=round(left))} left"
        self._print(step, text)
        self._begin_interval(step)

    def write_validation(self, step: int, values: Mapping[str, float], is_best: bool) -> None:
        """Records the results of a validation."""
        self._write(step, {f"validation/{name}": value for name, value in values.items()})
        best = "  (best so far)" if is_best else ""
        self._print(step, f"validation loss {values['loss']:.4f}{self._unit}{best}")

    def write_weights(self, step: int, weights: Sequence[tf.Variable]) -> None:
        """Records histograms of weights in TensorBoard."""
        if not self._silent:
            self._events.write_weights(step, weights)

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """Records a picture `(H, W, 3)` uint8 in TensorBoard."""
        if not self._silent:
            self._events.write_picture(step, name, picture)

    def _begin_interval(self, step: int) -> None:
        self._first_step = step
        self._start = time.perf_counter()
        self._sums: dict[str, float] = {}

    def _open_at(self, step: int, tensorboard: Path, settings: Mapping[str, object]) -> None:
        # No checkpoint is of step 0: a run at that step begins anew, first validation and all.
        earlier = records(self._path.parent) if step > 0 else []
        kept = [record for record in earlier if record["step"] <= step]
        with atomic_file.replacing(self._path) as temporary:
            temporary.write_text("".join(map(_line, kept)), "utf-8")
        shutil.rmtree(tensorboard, ignore_errors=True)
        self._events = EventFiles(tensorboard, settings)
        for record in kept:
            self._events.write_scalars(record)

    def _write(self, step: int, values: Mapping[str, float]) -> None:
        if self._silent:
            return
        record = {"step": step, **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))
        self._events.write_scalars(record)

    def _print(self, step: int, text: str) -> None:
        if not self._silent:
            print(f"step {step}/{self._steps}  {text}", flush=True)


class _Pace:
    """Steps per second, validations included, without the first call, which compiles the step."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._marks: list[tuple[int, float]] = []

    def mark(self, step: int) -> None:
        self._marks = [*self._marks[:1], (step, time.perf_counter())]

    def rate(self) -> float:
        (first, start), (last, end) = self._marks[0], self._marks[-1]
        if last > first:
            return (last - first) / (end - start)
        return last / (end - self._begun)

    def seconds_for(self, steps: int) -> float | None:
        """Estimates the seconds that steps will take; None until the second call."""
        (first, start), (last, _) = self._marks[0], self._marks[-1]
        if last == first:
            return None
        return steps * (time.perf_counter() - start) / (last - first)


def _line(record: Mapping[str, float]) -> str:
    return json.dumps(record) + "\n"
