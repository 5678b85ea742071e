import json

import pytest

from hps_tf.errors import InputError
from tools.benchmark import report
from tools.benchmark.report import Measured, Row


@pytest.fixture
def rows():
    return [
        Row("batch 1", "forward", "ms", 2.0, {"one": 5.0, "two": 3.0}),
        Row("batch 32", "forward", "ms", 4.0, {"two": 2.0}),
        Row("batch 64", "forward", "ms", 4.0, {}),
    ]


@pytest.fixture
def measured(rows):
    return Measured(report.machine(["no-such-package"]), 3.5, rows)


def test_ratio_is_above_one_where_we_are_faster_than_the_best(rows):
    assert [row.ratio_to_best_peer for row in rows] == [1.5, 0.5, None]


def test_ratio_of_rates_is_above_one_where_ours_is_greater():
    row = Row("case", "rate", "images/s", 6.0, {"one": 3.0, "two": 4.0})
    assert row.ratios == {"one": 2.0, "two": 1.5}
    assert row.ratio_to_best_peer == 1.5


def test_json_is_what_readers_expect(tmp_path, measured):
    report.write(tmp_path / "report.json", {"body": measured})
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["rows"][0] == {
        "benchmark": "body",
        "case": "batch 1",
        "metric": "forward",
        "unit": "ms",
        "ours": 2.0,
        "peers": {"one": 5.0, "two": 3.0},
        "ratio_to_best_peer": 1.5,
    }
    assert content["rows"][2]["ratio_to_best_peer"] is None
    assert content["machine"]["cores"] >= 1
    assert content["machine"]["versions"]["tensorflow"]


def test_results_are_read_as_they_were_written(tmp_path, measured):
    other = Measured(report.machine(), 1.0, [], is_whole=False)
    found = {"body": measured, "prior": other}
    report.write(tmp_path / "report.json", found)
    assert report.read(tmp_path / "report.json") == found


@pytest.mark.parametrize(
    "content", [{}, {"benchmarks": []}, {"benchmarks": {}, "rows": [{"benchmark": "x"}]}]
)
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "other.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"other.json: expected results of tools.benchmark"):
        report.read(tmp_path / "other.json")


def test_table_leaves_gaps_where_a_peer_has_no_figure(capsys, rows):
    report.print_table(rows)
    header, first, second, third = capsys.readouterr().out.splitlines()
    assert header.split() == ["case", "metric", "ours", "one", "two", "ratio"]
    assert first.split()[-4:] == ["2", "5", "3", "1.50"]
    assert second.split()[-4:] == ["4", "-", "2", "0.50"]
    assert third.split()[-4:] == ["4", "-", "-", "-"]


def test_peer_that_is_not_installed_is_absent():
    machine = report.machine(["no-such-package"])
    assert "no-such-package" not in machine["versions"]
    assert machine["absent"] == ["no-such-package"]


def test_results_are_of_this_machine_while_versions_and_peers_stay(measured):
    assert report.is_of_this_machine(measured)
    for change in (
        {"processor": "another"},
        {"cores": 999},
        {"versions": measured.machine["versions"] | {"numpy": "0.1"}},
        {"absent": ["no-such-package", "numpy"]},
    ):
        assert not report.is_of_this_machine(Measured(measured.machine | change, 1.0, []))


def test_rows_of_a_benchmark_that_stops_are_kept(tmp_path, monkeypatch, rows):
    class Stopping:
        PEERS = ()

        @staticmethod
        def rows():
            yield from rows[:2]
            raise KeyboardInterrupt

    monkeypatch.setattr(report.catalogue, "load", lambda name: Stopping)
    with pytest.raises(KeyboardInterrupt):
        report.measure("body", tmp_path / "report.json")
    kept = report.read(tmp_path / "report.json")["body"]
    assert kept.rows == rows[:2]
    assert not kept.is_whole
