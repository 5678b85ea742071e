import pytest

from tools.benchmark import collection, report
from tools.benchmark.report import Measured, Row


@pytest.fixture
def path(tmp_path):
    return tmp_path / "all.json"


@pytest.fixture
def ran(monkeypatch):
    """The benchmarks that were run; "bad" fails."""
    names = []

    def run(name):
        names.append(name)
        return None if name == "bad" else result(float(len(names)))

    monkeypatch.setattr(collection, "_run", run)
    return names


def result(ours, **changes):
    row = Row("case", "time", "ms", ours, {})
    return Measured(report.machine() | changes, 100.0, [row])


def test_benchmarks_that_the_file_has_are_not_run_again(path, ran):
    first, failed = collection.run(path, ["body", "prior"])
    assert failed == []
    again, _ = collection.run(path, ["body", "prior", "photo"])
    assert ran == ["body", "prior", "photo"]
    assert again == {**first, "photo": result(3.0)}
    assert report.read(path) == again


def test_a_benchmark_of_another_machine_or_a_part_of_one_is_run_again(path, ran):
    partial = Measured(report.machine(), 5.0, [], is_whole=False)
    kept = {"body": result(9.0, processor="another"), "prior": partial, "photo": result(9.0)}
    report.write(path, kept)
    collection.run(path, list(kept))
    assert ran == ["body", "prior"]


def test_a_failure_is_named_and_the_others_run(path, ran, capsys):
    found, failed = collection.run(path, ["bad", "prior"])
    assert (list(found), failed) == (["prior"], ["bad"])
    assert list(report.read(path)) == ["prior"]
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "tools.benchmark: 1 of 2, bad: runs",
        "tools.benchmark: 1 of 2, bad: failed",
        "tools.benchmark: 2 of 2, prior: runs",
        "tools.benchmark: 2 of 2, prior: took 2 min",
    ]


def test_results_of_a_process_are_read_and_a_failing_one_gives_none(monkeypatch, tmp_path):
    class Ended:
        returncode = 0

    def run(command, check):
        assert command[1:4] == ["-m", "tools.benchmark", "body"]
        report.write(command[5], {"body": result(1.0)})
        return Ended

    monkeypatch.setattr(collection.subprocess, "run", run)
    assert collection._run("body") == result(1.0)
    Ended.returncode = 1
    assert collection._run("body") is None
