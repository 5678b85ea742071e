"""Report of a benchmark, as a table and as JSON."""

import dataclasses
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from hps_tf.io.json_file import write as write_json

_PACKAGES = ("tensorflow", "keras", "numpy")


@dataclasses.dataclass(frozen=True)
class Row:
    """A figure of ours beside the peers'; less is better.

    Attributes:
      case: The case.
      metric: The measured quantity.
      unit: Its unit.
      ours: Our figure.
      peers: The figure of each other implementation.
    """

    case: str
    metric: str
    unit: str
    ours: float
    peers: dict[str, float]

    @property
    def ratio_to_best_peer(self) -> float | None:
        """How many times less ours is than the best peer's, or None without peers."""
        return min(self.peers.values()) / self.ours if self.peers else None


def machine(peers: Sequence[str] = ()) -> dict[str, Any]:
    """Describes the machine and the versions of what was run.

    Args:
      peers: Distributions of the peers; those not installed are left out.
    """
    versions = {}
    for package in (*_PACKAGES, *peers):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
    }


def print_table(rows: Sequence[Row]) -> None:
    """Prints the rows, ours first; the last column is how many times faster (smaller) we are."""
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


def write_rows(path: Path, rows: Sequence[Row], peers: Sequence[str] = ()) -> None:
    """Writes the rows, and the machine they were measured on."""
    content = {
        "machine": machine(peers),
        "rows": [
            dataclasses.asdict(row) | {"ratio_to_best_peer": row.ratio_to_best_peer} for row in rows
        ],
    }
    write_json(path, content)


def warn_absent(peer: str) -> None:
    """Says that a peer is left out because it isn't installed."""
    print(
        f"tools.benchmark: warning: {peer} isn't installed, so it is left out "
        "(pip install 'hps_tf[bench]')",
        file=sys.stderr,
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
