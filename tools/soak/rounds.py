"""Rounds: an output is disturbed a few times, then finished and compared."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.soak import damage, jobs
from tools.soak.jobs import Arrays, Job
from tools.soak.volume import Volume

FAULTS = ("kill", "stop", "full disk", "read-only")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM}
_MOST_FAULTS = 3
"""Of a round."""

_TIMEOUT = 3600.0
_REFUSED = 2
"""The exit code of what a user can mend."""


class Undisturbed(NamedTuple):
    """What a job does without a fault.

    Attributes:
      results: Its results.
      seconds: How long it took.
      num_bytes: The size of its output.
    """

    results: Arrays
    seconds: float
    num_bytes: int


class Ended(NamedTuple):
    """An ended process: its exit code and what it wrote to standard error."""

    code: int
    errors: str


class Soak:
    """Disturbs jobs and counts what happens.

    Args:
      volume: Where the jobs write.
      seed: Of the faults and their moments.
      say: Receives progress, one line at a time.

    Attributes:
      counts: How often each thing happened, by job and then by what happened.
      failures: A line for each promise that was broken.
    """

    def __init__(self, volume: Volume, seed: int, say: Callable[[str], None]):
        self.counts: dict[str, Counter[str]] = {}
        self.failures: list[str] = []
        self._volume = volume
        self._random = random.Random(seed)
        self._say = say
        self._undisturbed: dict[str, Undisturbed] = {}

    def round(self, job: Job) -> None:
        """Disturbs a job up to three times, lets it end, and compares its results."""
        if job.name not in self._undisturbed:
            self._undisturbed[job.name] = self._measure(job)
        output = self._volume.path / "output"
        counts = self.counts.setdefault(job.name, Counter())
        counts["rounds"] += 1
        if self._disturb_often(job, output) or self._finish(job, output):
            self._compare(job, output)
        counts["left behind"] += len(damage.left_behind(output))
        self._remove(output)

    def _measure(self, job: Job) -> Undisturbed:
        """Runs a job without a fault."""
        output = self._volume.path / "output"
        start = time.monotonic()
        ended = self._run(job, output)
        seconds = time.monotonic() - start
        if ended.code:
            raise RuntimeError(f"{job.name} fails without a fault: {ended.errors}")
        num_bytes = sum(path.stat().st_size for path in damage.files(output))
        found = Undisturbed(job.results(output), seconds, num_bytes)
        self._remove(output)
        self._say(f"{job.name}: {seconds:.0f} s, {num_bytes / 1e6:.1f} MB without a fault")
        return found

    def _disturb_often(self, job: Job, output: Path) -> bool:
        """Disturbs a job one to three times; whether it ended before a fault came."""
        for _ in range(self._random.randint(1, _MOST_FAULTS)):
            fault = self._random.choice(FAULTS)
            has_ended = self._disturb(job, fault, output)
            for line in damage.half_written(output):
                self._fail(job, f"half-written after {fault}: {line}")
            if has_ended:
                return True
        return False

    def _finish(self, job: Job, output: Path) -> bool:
        """Runs a job to its end; whether it got there."""
        ended = self._run(job, output)
        if ended.code:
            self._fail(job, f"exit code {ended.code} of the last run: {_last_line(ended)}")
        return not ended.code

    def _disturb(self, job: Job, fault: str, output: Path) -> bool:
        """Disturbs a job once; whether it ended before the fault came."""
        undisturbed = self._undisturbed[job.name]
        if fault in _SIGNALS:
            moment = self._random.uniform(0.0, undisturbed.seconds)
            ended = self._run(job, output, moment, _SIGNALS[fault])
            is_right = ended.code in (0, -_SIGNALS[fault], 128 + _SIGNALS[fault])
            what = f"{fault} after {moment:.0f} s"
        elif fault == "full disk":
            room = int(self._random.uniform(0.05, 0.95) * undisturbed.num_bytes)
            with self._volume.full_after(room) as limit:
                ended = self._run(job, output, limit=limit)
            is_right = ended.code in (0, _REFUSED)
            what = f"full disk at {room / 1e6:.2f} MB"
        else:
            before = _states(output)
            with self._volume.read_only():
                ended = self._run(job, output)
            # A finished output has nothing left to write.
            is_right = ended.code in (0, _REFUSED)
            what = fault
            if _states(output) != before:
                self._fail(job, "a read-only output was changed")
        self._say(f"{job.name}: {what}: exit code {ended.code}. {_last_line(ended)}")
        self.counts[job.name][fault if ended.code else f"{fault}, too late"] += 1
        if not is_right or "Traceback" in ended.errors:
            self._fail(job, f"{what}: exit code {ended.code}: {_last_line(ended)}")
        return not ended.code

    def _compare(self, job: Job, output: Path) -> None:
        try:
            results = job.results(output)
        except Exception as error:
            self._fail(job, f"finished without all results: {type(error).__name__}: {error}")
            return
        apart = jobs.difference(results, self._undisturbed[job.name].results)
        self._say(f"{job.name}: finished, {apart:.1e} from the run without a fault")
        if apart > job.tolerance:
            self._fail(job, f"finished {apart:.1e} from the run without a fault")
        else:
            self.counts[job.name]["equal results"] += 1

    def _run(
        self,
        job: Job,
        output: Path,
        moment: float = _TIMEOUT,
        sent: signal.Signals = signal.SIGKILL,
        limit: Callable[[], None] | None = None,
    ) -> Ended:
        """Runs a job; it gets a signal at a moment if it has not ended by then."""
        self.counts.setdefault(job.name, Counter())["processes"] += 1
        process = subprocess.Popen(
            job.command(output),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=limit,
        )
        try:
            _, errors = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, sent)
            _, errors = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return Ended(process.returncode, errors)

    def _remove(self, output: Path) -> None:
        subprocess.run(["rm", "-rf", str(output)], check=True)

    def _fail(self, job: Job, what: str) -> None:
        self.failures.append(f"{job.name}: {what}")
        self._say(f"FAILED {job.name}: {what}")


def _states(output: Path) -> dict[Path, tuple[int, int]]:
    """The size and time of change of every file."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in output.rglob("*")
        if path.is_file()
    }


def _last_line(ended: Ended) -> str:
    lines = ended.errors.strip().splitlines()
    return lines[-1][:300] if lines else ""
