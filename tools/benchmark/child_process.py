"""Programs in processes of their own, measured by the processors' time."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TAIL = 500  # Characters of what a failed program said.


class Ended(NamedTuple):
    """A program that has ended.

    Attributes:
      cpu_seconds: The time of all processors, of the program and of those that it started.
      seconds: From its start to its end.
      output: What it printed.
    """

    cpu_seconds: float
    seconds: float
    output: str


def run(
    command: Sequence[str | Path], variables: Mapping[str, str] | None = None, code: int = 0
) -> Ended:
    """Runs a program to its end.

    Args:
      command: The program and its arguments.
      variables: Added to the environment.
      code: The exit code that it must have.

    Raises:
      RuntimeError: If it ends with another.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            words, stdout=output, stderr=errors, env={**os.environ, **(variables or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != code:
            raise RuntimeError(
                f"{' '.join(words)}: expected exit code {code}, received {process.returncode}:"
                f" {errors.read()[-_TAIL:]}"
            )
        return Ended(usage.ru_utime + usage.ru_stime, seconds, output.read())
