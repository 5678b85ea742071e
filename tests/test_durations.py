"""Which modules begin first, and which `make check` leaves out."""

import json
from types import SimpleNamespace

import pytest

from tests import durations

SECONDS = {"tests/a.py": 30.0, "tests/b.py": 1.0, "tests/c.py": 5.0, "tests/d.py": 2.0}


class Item(SimpleNamespace):
    """A test as far as it is looked at."""

    def add_marker(self, marker):
        self.markers.append(marker.name)


def items(*modules):
    return [Item(nodeid=f"{module}::test[x::y]", markers=[]) for module in modules]


def test_the_shortest_modules_fill_the_budget():
    assert durations.long_modules(SECONDS, 8.0) == {"tests/a.py"}
    assert durations.long_modules(SECONDS, 7.9) == {"tests/a.py", "tests/c.py"}
    assert durations.long_modules(SECONDS, 100.0) == set()


def test_tests_of_long_modules_are_marked_and_those_of_unknown_ones_are_not():
    collected = items("tests/a.py", "tests/b.py", "tests/new.py")
    durations.mark_long(collected, {"tests/a.py": 1000.0, "tests/b.py": 1.0})
    assert [item.markers for item in collected] == [["long"], [], []]


def test_long_modules_begin_first_and_tests_of_a_module_stay_in_order():
    collected = items("tests/b.py", "tests/new.py", "tests/c.py", "tests/a.py", "tests/c.py")
    first, second = collected[2], collected[4]
    durations.longest_first(collected, SECONDS)
    names = [durations.module_of(item.nodeid) for item in collected]
    assert names == ["tests/a.py", "tests/c.py", "tests/c.py", "tests/b.py", "tests/new.py"]
    assert collected[1] is first
    assert collected[2] is second


@pytest.fixture
def recorded(tmp_path):
    """Records a run of two modules over what was known; gives what is known after it."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "old.py").touch()
    file = tmp_path / "tests" / "durations.json"
    file.write_text(json.dumps({"old.py": 3.0, "gone.py": 4.0, "a.py": 9.0}))

    def record(exitstatus):
        recorder = durations.Recorder(file)
        for module, spent in (("a.py", 0.5), ("b.py", 1.0), ("a.py", 2.0)):
            report = SimpleNamespace(nodeid=f"{module}::test", duration=spent)
            recorder.pytest_runtest_logreport(report)
        recorder.pytest_sessionfinish(exitstatus)
        return durations.read(file)

    return record


@pytest.mark.parametrize("exitstatus", [0, 1])
def test_a_run_measures_its_modules_and_forgets_those_that_are_gone(recorded, exitstatus):
    assert recorded(exitstatus) == {"old.py": 3.0, "a.py": 2.5, "b.py": 1.0}


def test_a_run_that_is_broken_off_measures_nothing(recorded):
    assert recorded(2) == {"old.py": 3.0, "gone.py": 4.0, "a.py": 9.0}
