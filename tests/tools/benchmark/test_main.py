import subprocess
import sys

import pytest

from hps_tf.cli import command
from tools.benchmark import __main__, catalogue, report
from tools.benchmark.report import Measured, Row


@pytest.fixture
def run(monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tools.benchmark", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            command.run(__main__.main, "tools.benchmark")
        return stop.value.code

    return run


@pytest.fixture
def write(tmp_path):
    def write(name, ours):
        path = tmp_path / name
        measured = Measured(report.machine(), 1.0, [Row("one", "forward", "ms", ours, {})])
        report.write(path, {"body": measured})
        return path

    return write


def test_names_are_known_without_tensorflow():
    program = (
        "import sys; from tools.benchmark import __main__; __main__._parser().format_help();"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", catalogue.BENCHMARKS)
def test_every_benchmark_has_rows_and_peers(name):
    benchmark = catalogue.load(name)
    assert callable(benchmark.rows)
    assert isinstance(benchmark.PEERS, tuple)


def test_rows_that_fell_end_with_exit_code_1(run, write, capsys):
    before, after = write("before.json", 1.0), write("after.json", 2.0)
    assert run("compare", after, "--against", before) == 1
    assert "body: one, forward: fell by 50%: 1 to 2 ms" in capsys.readouterr().out
    assert run("compare", before, "--against", after) == 0


def test_a_document_without_a_place_is_refused_before_anything_is_run(run, tmp_path, capsys):
    (tmp_path / "other.md").write_text("nothing")
    code = run("all", "--json", tmp_path / "all.json", "--report", tmp_path / "other.md")
    assert code == 2
    assert "other.md: expected one pair of `<!-- benchmark body -->`" in capsys.readouterr().err


def test_the_results_of_one_are_printed_and_written(run, tmp_path, monkeypatch, capsys):
    class Stub:
        PEERS = ()

        @staticmethod
        def rows():
            return [Row("one", "forward", "ms", 2.5, {})]

    monkeypatch.setattr(catalogue, "load", lambda name: Stub)
    document = tmp_path / "benchmarks.md"
    document.write_text("<!-- benchmark body -->\n<!-- end -->\n")
    assert run("body", "--json", tmp_path / "body.json", "--report", document) == 0
    assert "forward [ms]" in capsys.readouterr().out
    assert report.read(tmp_path / "body.json")["body"].is_whole
    assert "| one | 2.5 |" in document.read_text()
