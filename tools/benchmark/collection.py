"""All benchmarks, each in a process of its own; what is measured is kept in a file."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.benchmark import report
from tools.benchmark.report import Measured


def run(path: Path, names: Sequence[str]) -> tuple[dict[str, Measured], list[str]]:
    """Runs benchmarks, and writes the file after each.

    Args:
      path: The results. Benchmarks that it has figures of, of this machine, are not run again.
      names: Keys of `catalogue.BENCHMARKS`.

    Returns:
      The results by name, and the names of benchmarks that failed.
    """
    kept = report.read(path) if path.is_file() else {}
    found: dict[str, Measured] = {}
    failed = []
    for number, name in enumerate(names, 1):
        before = kept.get(name)
        which = f"{number} of {len(names)}, {name}"
        if before and before.is_whole and report.is_of_this_machine(before):
            report.progress(f"{which}: measured before, {_duration(before.seconds)}")
            found[name] = before
            continue
        took = f"; it took {_duration(before.seconds)} before" if before else ""
        report.progress(f"{which}: runs{took}")
        measured = _run(name)
        if measured is None:
            report.progress(f"{which}: failed")
            failed.append(name)
            continue
        found[name] = measured
        report.write(path, found)
        report.progress(f"{which}: took {_duration(measured.seconds)}")
    return found, failed


def _run(name: str) -> Measured | None:
    """The results of a benchmark, or None if its process fails."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "results.json"
        command = [sys.executable, "-m", "tools.benchmark", name, "--json", str(path)]
        if subprocess.run(command, check=False).returncode:
            return None
        return report.read(path)[name]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
