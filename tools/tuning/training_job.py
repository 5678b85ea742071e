"""A trial's training: the ordinary training job in a process of its own, followed by its log."""

import contextlib
import fcntl
import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.io import json_file

#: How often a job that died is started again, from its last checkpoint.
_RESTARTS = 2

_POLL_SECONDS = 0.5
_PREFIX = "validation/"
_BAD_INPUT = 2

#: The line that ends a program that knows what went wrong.
_LAST_WORD = re.compile(r"^\S+: error: (.*)$", re.MULTILINE)


class JobFailedError(RuntimeError):
    """The training diverged, or died again and again."""


class TrainingJob:
    """A training job that can be led on from checkpoint to checkpoint.

    Whoever trains holds a lock for as long as the process lives. So a job whose master was killed
    is waited for, not trained twice.

    Args:
      directory: The job's; holds the config, the output and the run directory.
      program: The command that trains, as `trainers.train`.
      member: The number of this process, where several train together.
    """

    def __init__(self, directory: Path, program: Sequence[str], member: int = 0):
        self._directory = directory
        self._program = program
        self._member = member

    @property
    def run(self) -> Path:
        """The run directory."""
        return self._directory / "run"

    def train(self, config: ConfigDict, until: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Trains up to a step and waits for it.

        Args:
          config: The config; always the same for a job.
          until: The step.

        Yields:
          The step and the figures of each validation up to there, as they come; on a run that was
          trained before, those of then first.

        Raises:
          InputError: If the training cannot use its config or data.
          JobFailedError: If it diverges, or dies more often than it is started again.
        """
        file = self.prepare(config)
        seen: set[int] = set()
        for _ in range(1 + _RESTARTS):
            with self._process(file, until) as process:
                while True:
                    has_ended = process.poll() is not None
                    for step, figures in self._validations():
                        if step not in seen and step <= until:
                            seen.add(step)
                            yield step, figures
                    if has_ended:
                        break
                    time.sleep(_POLL_SECONDS)
            if process.returncode == 0:
                return
            reason = self._last_word()
            if process.returncode == _BAD_INPUT:
                raise InputError(reason or f"see {self._output}")
            if process.returncode == 1 and reason:
                raise JobFailedError(reason)
        raise JobFailedError(
            f"the training ended {1 + _RESTARTS} times with exit code {process.returncode}; see"
            f" {self._output}"
        )

    def prepare(self, config: ConfigDict) -> Path:
        """Writes the config's file, unless it is there."""
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / "config.json"
        if not file.exists():
            json_file.write(file, config.to_dict())
        return file

    @property
    def _output(self) -> Path:
        return self._directory / f"output-{self._member}.txt"

    @contextlib.contextmanager
    def _process(self, config: Path, until: int) -> Iterator[subprocess.Popen]:
        """Runs the program; when the block is left early, it may save a checkpoint first."""
        command = [
            *self._program,
            f"--config={config}",
            f"--workdir={self.run}",
            f"--until={until}",
        ]
        with (self._directory / f"lock-{self._member}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self._output.open("w") as output:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(lock.fileno(),),
                    process_group=0,  # Ctrl-C is for this process, which passes it on once.
                )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()

    def _validations(self) -> Iterator[tuple[int, dict[str, float]]]:
        path = self.run / "log.jsonl"
        lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
        for line in lines:
            record: dict[str, Any] = json.loads(line) if line.endswith("\n") else {}
            figures = {
                name.removeprefix(_PREFIX): value
                for name, value in record.items()
                if name.startswith(_PREFIX)
            }
            if figures:
                yield record["step"], figures

    def _last_word(self) -> str:
        found = _LAST_WORD.findall(self._output.read_text("utf-8", errors="replace"))
        return found[-1] if found else ""
