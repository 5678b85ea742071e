"""Results of benchmarks: rows, the machine they were measured on, as a table and as JSON."""

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from hps_tf.cli import environment
from hps_tf.errors import InputError
from hps_tf.io import json_file
from tools.benchmark import catalogue

_PACKAGES = ("tensorflow", "keras", "numpy")


@dataclasses.dataclass(frozen=True)
class Row:
    """A figure of ours beside the peers'.

    Attributes:
      case: The case.
      metric: The measured quantity.
      unit: Its unit; of a rate, which ends with "/s", more is better, of all others less.
      ours: Our figure.
      peers: The figure of each other implementation.
    """

    case: str
    metric: str
    unit: str
    ours: float
    peers: dict[str, float]

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self.unit.endswith("/s")

    @property
    def ratios(self) -> dict[str, float]:
        """How many times better ours is than each peer's."""
        return {
            name: self.ours / figure if self.is_rate else figure / self.ours
            for name, figure in self.peers.items()
        }

    @property
    def ratio_to_best_peer(self) -> float | None:
        """How many times better ours is than the best peer's, or None without peers."""
        return min(self.ratios.values(), default=None)


@dataclasses.dataclass(frozen=True)
class Measured:
    """The results of one benchmark.

    Attributes:
      machine: Where they were measured; see `machine`.
      seconds: How long that took.
      rows: The figures.
      is_whole: Whether these are all; a benchmark that was stopped leaves those it had.
    """

    machine: dict[str, Any]
    seconds: float
    rows: list[Row]
    is_whole: bool = True


def measure(name: str, path: Path | None = None) -> Measured:
    """Runs a benchmark in this process.

    Args:
      name: A key of `catalogue.BENCHMARKS`.
      path: A file that results are written to, those of parts as they come.
    """
    start = time.perf_counter()
    environment.import_quietly()
    benchmark = catalogue.load(name)
    place = machine(benchmark.PEERS)
    rows = []
    for row in benchmark.rows():
        rows.append(row)
        if path:
            write(path, {name: Measured(place, time.perf_counter() - start, rows, is_whole=False)})
    measured = Measured(place, time.perf_counter() - start, rows)
    if path:
        write(path, {name: measured})
    return measured


def machine(peers: Sequence[str] = ()) -> dict[str, Any]:
    """Describes the machine and the versions of what was run.

    Args:
      peers: Distributions of the peers; those not installed are listed as absent.
    """
    versions, absent = {}, []
    for package in dict.fromkeys((*_PACKAGES, *peers)):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            absent.append(package)
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "absent": absent,
    }


def is_of_this_machine(measured: Measured) -> bool:
    """Whether a machine with the processor, versions and peers of this one gave the results."""
    there = measured.machine
    return machine([*there["versions"], *there["absent"]]) == there


def print_table(rows: Sequence[Row]) -> None:
    """Prints the rows, ours first; the last column is how many times better we are."""
    peers = list(dict.fromkeys(name for row in rows for name in row.peers))
    lines = [["case", "metric", "ours", *peers, "ratio"]]
    for row in rows:
        ratio = row.ratio_to_best_peer
        figures = [row.ours, *(row.peers.get(name) for name in peers)]
        lines.append(
            [
                row.case,
                f"{row.metric} [{row.unit}]",
                *("-" if figure is None else f"{figure:.3g}" for figure in figures),
                "-" if ratio is None else f"{ratio:.2f}",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def write(path: Path, found: Mapping[str, Measured]) -> None:
    """Writes the results of benchmarks, by their names."""
    content = {
        "machine": machine(),
        "benchmarks": {
            name: {
                "machine": measured.machine,
                "seconds": measured.seconds,
                "is_whole": measured.is_whole,
            }
            for name, measured in found.items()
        },
        "rows": [
            {"benchmark": name}
            | dataclasses.asdict(row)
            | {"ratio_to_best_peer": row.ratio_to_best_peer}
            for name, measured in found.items()
            for row in measured.rows
        ],
    }
    json_file.write(path, content)


def read(path: Path) -> dict[str, Measured]:
    """Reads results that `write` has written.

    Raises:
      InputError: If the file holds something else.
    """
    content = json_file.read(path)
    fields = [field.name for field in dataclasses.fields(Row)]
    try:
        found = {
            name: Measured(each["machine"], each["seconds"], [], each["is_whole"])
            for name, each in content["benchmarks"].items()
        }
        for row in content["rows"]:
            found[row["benchmark"]].rows.append(Row(*(row[name] for name in fields)))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected results of tools.benchmark; field {error}") from error
    return found


def warn_absent(peer: str) -> None:
    """Says that a peer is left out because it is not installed."""
    print(
        f"tools.benchmark: warning: {peer} is not installed, so it is left out "
        "(pip install 'hps_tf[bench]')",
        file=sys.stderr,
    )


def progress(line: str) -> None:
    """Tells people what is being measured."""
    print(f"tools.benchmark: {line}", file=sys.stderr, flush=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
