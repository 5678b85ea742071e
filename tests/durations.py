"""How long each test module takes: the longest begin first, and `make check` leaves them out.

``make durations`` runs all tests that are not slow and writes ``durations.json``. Modules that are
not in it count as short.
"""

import collections
import json
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("durations.json")
# What `make check` spends on tests, in seconds of all its workers together.
CHECK_SECONDS = 90.0


def read(file: Path = FILE) -> dict[str, float]:
    """Seconds by module, as `make durations` last measured them."""
    return json.loads(file.read_text("utf-8"))


def long_modules(seconds: dict[str, float], budget: float = CHECK_SECONDS) -> set[str]:
    """Leaves the shortest modules out, as many as the budget holds."""
    left = budget
    found = set()
    for module, spent in sorted(seconds.items(), key=lambda item: (item[1], item[0])):
        left -= spent
        if left < 0:
            found.add(module)
    return found


def mark_long(items: list[pytest.Item], seconds: dict[str, float]) -> None:
    """Marks the tests of long modules."""
    modules = long_modules(seconds)
    for item in items:
        if module_of(item.nodeid) in modules:
            item.add_marker(pytest.mark.long)


def longest_first(items: list[pytest.Item], seconds: dict[str, float]) -> None:
    """Sorts tests by their modules: a long one that begins last keeps one worker waiting."""
    items.sort(key=lambda item: -seconds.get(module_of(item.nodeid), 0.0))


def module_of(nodeid: str) -> str:
    """The path of a test's module, from the root of the repository."""
    return nodeid.partition("::")[0]


class Recorder:
    """A plugin that measures a run and brings the file up to date at its end."""

    def __init__(self, file: Path = FILE):
        self._file = file
        self._seconds = collections.Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds the set-up, the call or the end of a test."""
        self._seconds[module_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Writes seconds by module, unless the run was broken off; other modules keep theirs."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        measured = {name: round(spent, 1) for name, spent in self._seconds.items()}
        root = self._file.parents[1]
        known = {name: spent for name, spent in read(self._file).items() if (root / name).is_file()}
        text = json.dumps(known | measured, indent=1, sort_keys=True)
        self._file.write_text(text + "\n", "utf-8")
