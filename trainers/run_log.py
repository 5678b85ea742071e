"""The record of a run: log.jsonl, TensorBoard and the progress on the terminal."""

import datetime
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from hps_tf.io import atomic_file

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
    """Writes each record as one line of log.jsonl and as TensorBoard scalars.

    A resumed run repeats the steps after its checkpoint: their old lines are dropped, and
    TensorBoard's files are written anew from the lines that stay.

    Args:
      workdir: The run directory.
      step: The step the run stands at.
      steps: The step it ends at.
      silent: Whether to write nothing, as workers other than the chief do.
    """

    def __init__(self, workdir: Path, step: int, steps: int, silent: bool):
        self._path = workdir / _FILE
        self._steps = steps
        self._silent = silent
        self._begin_interval(step)
        if not silent:
            self._open_at(step, workdir / "tensorboard")

    def add(self, sums: Mapping[str, float]) -> None:
        """Takes in values of training steps, each summed over the steps."""
        for name, total in sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + total

    def write_means(self, step: int, learning_rate: float) -> None:
        """Records the means of the added values over the steps since the last such record."""
        count = step - self._first_step
        means = {name: total / count for name, total in self._sums.items()}
        rate = count / (time.perf_counter() - self._start)
        left = datetime.timedelta(seconds=round((self._steps - step) / rate))
        self._write(step, {**means, "learning_rate": learning_rate, "steps_per_second": rate})
        self._print(step, f"loss {means['loss']:.4f}  {rate:.1f} steps/s  at most {left} left")
        self._begin_interval(step)

    def write_validation(self, step: int, values: Mapping[str, float], is_best: bool) -> None:
        """Records the results of a validation."""
        self._write(step, {f"validation/{name}": value for name, value in values.items()})
        best = "  (best so far)" if is_best else ""
        self._print(step, f"validation loss {values['loss']:.4f}{best}")

    def _begin_interval(self, step: int) -> None:
        self._first_step = step
        self._start = time.perf_counter()
        self._sums: dict[str, float] = {}

    def _open_at(self, step: int, tensorboard: Path) -> None:
        # No checkpoint is of step 0: a run that stands there begins anew, first validation and all.
        earlier = records(self._path.parent) if step > 0 else []
        kept = [record for record in earlier if record["step"] <= step]
        with atomic_file.replacing(self._path) as temporary:
            temporary.write_text("".join(map(_line, kept)), "utf-8")
        shutil.rmtree(tensorboard, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(tensorboard))
        for record in kept:
            self._write_scalars(record)

    def _write(self, step: int, values: Mapping[str, float]) -> None:
        if self._silent:
            return
        record = {"step": step, **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))
        self._write_scalars(record)

    def _write_scalars(self, record: Mapping[str, float]) -> None:
        step = int(record["step"])
        with self._writer.as_default():
            for name, value in record.items():
                if name != "step":
                    tf.summary.scalar(name, value, step)
        self._writer.flush()

    def _print(self, step: int, text: str) -> None:
        if not self._silent:
            print(f"step {step}/{self._steps}  {text}", flush=True)


def _line(record: Mapping[str, float]) -> str:
    return json.dumps(record) + "\n"
