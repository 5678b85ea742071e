"""The figure of `growth`."""

from collections.abc import Sequence

import numpy as np

from tools.benchmark.report import Row
from tools.reproduce import line_figure
from tools.reproduce.line_figure import Line, Panel


def draw(rows: Sequence[Row]) -> np.ndarray:
    """Draws costs by size, both as multiples of the smallest, on logarithmic axes.

    Args:
      rows: Those of the benchmark; a cost's case is "QUANTITY: SIZE".

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    costs: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        quantity, _, size = row.case.partition(": ")
        if size:
            costs.setdefault(quantity, []).append((float(size.replace(",", "")), row.ours))
    lines = []
    for quantity, points in costs.items():
        sizes, times = np.array(points).T
        lines.append(Line(quantity, sizes / sizes[0], times / times[0]))
    panel = Panel("Times the cost of the smallest size", lines, is_logarithmic=True)
    return line_figure.draw([panel], "times the smallest size")
