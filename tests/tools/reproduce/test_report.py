import json

import pytest

from hps_tf.evaluation.statistics import Bootstrap
from tools.reproduce import claims, report, rows
from tools.reproduce.rows import ROWS

CLIPS = [f"{index % 20:02}" for index in range(200)]


@pytest.fixture(scope="module")
def measured(make_errors):
    return [
        make_errors(row, 5.0, 3 if rows.has_seeds(row) else 1, noise_seed=index)
        for index, row in enumerate(ROWS)
    ]


@pytest.fixture(scope="module")
def bootstrap():
    return Bootstrap(CLIPS, {row.family: 3 for row in ROWS if rows.has_seeds(row)}, seed=0)


def test_json_rows_have_the_agreed_fields(measured, bootstrap):
    described = json.loads(json.dumps(report.json_rows(measured, bootstrap)))
    assert len(described) == len(ROWS)
    agreed = {
        *("prior", "data", "representation", "space", "features", "mpjpe_cm", "mpvpe_cm"),
        *("ci95_mpjpe", "ci95_mpvpe", "paper"),
    }
    for entry in described:
        assert agreed <= entry.keys()
        low, high = entry["ci95_mpjpe"]
        assert low < entry["mpjpe_cm"] < high
        low, high = entry["ci95_mpvpe"]
        assert low < entry["mpvpe_cm"] < high
        assert entry["wrong_start_rate"] == pytest.approx(0.25)
    assert [entry["paper"] for entry in described].count(None) == len(ROWS) - 1


def test_markdown_has_every_row_claim_and_fact(measured, bootstrap):
    verdicts = claims.test_all(measured, bootstrap)
    text = report.markdown(measured, bootstrap, verdicts, ["300 people of 50 clips."], "t.png")
    lines = text.splitlines()
    assert "- 300 people of 50 clips." in lines
    assert "![Evidence, truth and fits](t.png)" in lines
    for name in verdicts:
        assert sum(line.startswith(f"| {name} |") for line in lines) == 1
    for row in ROWS:
        assert sum(line.startswith(f"| {row.key} |") for line in lines) == 1
    table_rows = [line for line in lines if line.startswith("|") and " % |" in line]
    assert len(table_rows) == len(ROWS)
    assert sum(line.endswith("| 7.9 |") for line in table_rows) == 1


def test_tables_keep_their_number_of_columns(measured, bootstrap):
    verdicts = claims.test_all(measured, bootstrap)
    text = report.markdown(measured, bootstrap, verdicts, [], "t.png")
    width, before = None, None
    for line in text.splitlines():
        if not line.startswith("|"):
            width, before = None, line
            continue
        assert before == "", "a table needs a blank line before it"
        width = width or line.count("|")
        assert line.count("|") == width
