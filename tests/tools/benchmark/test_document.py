import numpy as np
import pytest
from PIL import Image

from hps_tf.errors import InputError
from tests.docs.documents import ROOT
from tools.benchmark import catalogue, document
from tools.benchmark.report import Measured, Row

MACHINE = {"processor": "P", "cores": 2, "versions": {"tensorflow": "2.21.0"}}

TEXT = """# Title

Before.

<!-- benchmark body -->
old
<!-- end -->

Between.

<!-- benchmark prior -->
kept
<!-- end -->
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text(TEXT)
    return path


def measured(*rows):
    return Measured(MACHINE, 12.0, list(rows))


def test_tables_of_what_was_run_are_written_and_all_else_stays(path):
    document.rewrite(path, {"body": measured(Row("batch 1", "forward", "ms", 2.0, {"a": 3.0}))})
    assert path.read_text() == TEXT.replace(
        "old",
        "|  | forward, ms |\n|---|---|\n| batch 1 | 2 (a 1.50) |\n\n"
        "*2 cores of P; tensorflow 2.21.0; measured in 12 s.*",
    )


def test_cases_with_the_same_metrics_share_a_table():
    tables = document.tables(
        [
            Row("x", "time", "ms", 1.0, {}),
            Row("y", "time", "ms", 1234.5, {}),
            Row("y", "memory", "MB", 0.5, {"a": 1.0, "b": 0.25}),
            Row("z", "rate", "images/s", 100.0, {}),
        ]
    )
    assert tables == [
        "|  | time, ms | memory, MB |\n|---|---|---|\n| x | 1 | – |\n"
        "| y | 1,234 | 0.5 (a 2.00, b 0.50) |",
        "|  | rate, images/s |\n|---|---|\n| z | 100 |",
    ]


def test_a_document_without_a_place_for_a_benchmark_is_refused(path):
    document.check(path, ["body", "prior"])
    with pytest.raises(InputError, match=r"<!-- benchmark photo -->.*received 0"):
        document.check(path, ["body", "photo"])
    path.write_text(TEXT + TEXT)
    with pytest.raises(InputError, match=r"<!-- benchmark body -->.*received 2"):
        document.check(path, ["body"])


def test_the_projects_document_has_a_place_for_every_benchmark():
    document.check(ROOT / "docs" / "benchmarks.md", catalogue.BENCHMARKS)


def test_the_figure_of_growth_lies_beside_the_document_which_shows_it(path):
    (path.parent / "images").mkdir()
    path.write_text("<!-- benchmark growth -->\n<!-- end -->\n")
    costs = [Row(f"people: {size:,}", "cost", "ms", size**0.5, {}) for size in (10, 100, 1000)]
    document.rewrite(path, {"growth": measured(*costs, Row("people", "exponent", "", 0.5, {}))})
    picture = np.asarray(Image.open(path.parent / "images" / "growth.png"))
    assert picture.ndim == 3
    assert "![Costs by size, on logarithmic axes](images/growth.png)\n\n|" in path.read_text()
