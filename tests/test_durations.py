"""Which modules begin first, and which `make check` leaves out."""

import json
from types import SimpleNamespace

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


def test_a_recorded_run_is_read_back(tmp_path):
    recorder = durations.Recorder(tmp_path / "durations.json")
    for module, spent in (("tests/a.py", 0.5), ("tests/b.py", 1.0), ("tests/a.py", 2.0)):
        recorder.pytest_runtest_logreport(SimpleNamespace(nodeid=f"{module}::x", duration=spent))
    recorder.pytest_sessionfinish()
    written = json.loads((tmp_path / "durations.json").read_text())
    assert written == {"tests/a.py": 2.5, "tests/b.py": 1.0}


def test_measured_modules_exist():
    root = durations.FILE.parents[1]
    assert [name for name in durations.read() if not (root / name).is_file()] == []
