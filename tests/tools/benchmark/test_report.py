import json

import pytest

from tools.benchmark import report


@pytest.fixture
def rows():
    return [
        report.Row("batch 1", "forward", "ms", 2.0, {"one": 5.0, "two": 3.0}),
        report.Row("batch 32", "forward", "ms", 4.0, {"two": 2.0}),
        report.Row("batch 64", "forward", "ms", 4.0, {}),
    ]


def test_ratio_is_above_one_where_we_are_faster_than_the_best(rows):
    assert [row.ratio_to_best_peer for row in rows] == [1.5, 0.5, None]


def test_json_is_what_readers_expect(tmp_path, rows):
    report.write_rows(tmp_path / "report.json", rows)
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["rows"][0] == {
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


def test_table_leaves_gaps_where_a_peer_has_no_figure(capsys, rows):
    report.print_table(rows)
    header, first, second, third = capsys.readouterr().out.splitlines()
    assert header.split() == ["case", "metric", "ours", "one", "two", "ratio"]
    assert first.split()[-4:] == ["2", "5", "3", "1.50"]
    assert second.split()[-4:] == ["4", "-", "2", "0.50"]
    assert third.split()[-4:] == ["4", "-", "-", "-"]


def test_peer_that_is_not_installed_has_no_version(rows):
    assert "no-such-package" not in report.machine(["no-such-package"])["versions"]
