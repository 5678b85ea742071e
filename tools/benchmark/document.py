"""Tables of benchmarks in a document, between marks; the text around them stays.

    <!-- benchmark body -->
    ...
    <!-- end -->

The figure of `growth` is written to images/growth.png beside the document.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from hps_tf.errors import InputError
from hps_tf.io import atomic_file
from tools.benchmark import growth_figure
from tools.benchmark.report import Measured, Row

_BLOCK = re.compile(r"<!-- benchmark (\w+) -->\n.*?<!-- end -->", re.DOTALL)
_FIGURE = Path("images") / "growth.png"


def check(path: Path, names: Iterable[str]) -> None:
    """Checks that a document has a place for each benchmark.

    Raises:
      InputError: If one has none.
      OSError: If the document cannot be read.
    """
    places = _BLOCK.findall(path.read_text("utf-8"))
    for name in names:
        if places.count(name) != 1:
            raise InputError(
                f"{path}: expected one pair of `<!-- benchmark {name} -->` and `<!-- end -->`,"
                f" received {places.count(name)}"
            )


def rewrite(path: Path, found: Mapping[str, Measured]) -> None:
    """Rewrites the tables of the benchmarks that were run.

    Args:
      path: The document; see `check`.
      found: Their results by name.
    """

    def block(match: re.Match[str]) -> str:
        name = match[1]
        if name not in found:
            return match[0]
        text = _text(found[name])
        if name == "growth":
            text = f"![Costs by size, on logarithmic axes]({_FIGURE})\n\n{text}"
        return f"<!-- benchmark {name} -->\n{text}\n<!-- end -->"

    text = _BLOCK.sub(block, path.read_text("utf-8"))
    with atomic_file.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    if "growth" in found:
        picture = Image.fromarray(growth_figure.draw(found["growth"].rows))
        with atomic_file.replacing(path.parent / _FIGURE) as temporary:
            picture.save(temporary)


def tables(rows: Sequence[Row]) -> list[str]:
    """Makes Markdown tables: a line per case, a column per metric.

    Cases whose metrics are among those of others share a table with them. A cell has our figure,
    and behind it, for each peer, how many times better ours is.
    """
    by_case: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_case.setdefault(row.case, {})[", ".join(filter(None, (row.metric, row.unit)))] = row
    groups: list[tuple[list[str], list[str]]] = []  # Their columns and cases.
    for case, cells in by_case.items():
        for columns, cases in groups:
            if cells.keys() <= set(columns) or cells.keys() >= set(columns):
                columns += [column for column in cells if column not in columns]
                cases.append(case)
                break
        else:
            groups.append((list(cells), [case]))
    return [
        "\n".join(
            [
                _line(["", *columns]),
                "|" + "---|" * (1 + len(columns)),
                *(
                    _line([case, *(_cell(by_case[case].get(column)) for column in columns)])
                    for case in cases
                ),
            ]
        )
        for columns, cases in groups
    ]


def _text(measured: Measured) -> str:
    machine = measured.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    where = (
        f"*{machine['cores']} cores of {machine['processor']}; {versions}; measured in"
        f" {measured.seconds:.0f} s.*"
    )
    return "\n".join([f"{table}\n" for table in tables(measured.rows)] + [where])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    ours = _number(row.ours)
    if not row.peers:
        return ours
    ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in row.ratios.items())
    return f"{ours} ({ratios})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
