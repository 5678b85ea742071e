"""Horizontal bars: a row per prior, a panel per measurement."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hps_tf.rendering.colour import to_tuple
from hps_tf.visualization import palette
from tools.reproduce.line_figure import write

_LABELS, _BAR, _GAP = 150, 150, 62
_ROW, _TOP, _BOTTOM = 24, 40, 12
_TITLE_FONT = 14
_BEST, _OTHER = palette.LEFT, palette.ACCENT


@dataclasses.dataclass(frozen=True)
class Panel:
    """A measurement of every row.

    Attributes:
      title: Above it.
      values: `(N,)` millimetres, lower is better.
      intervals: N pairs, drawn as lines.
    """

    title: str
    values: Sequence[float]
    intervals: Sequence[tuple[float, float]]


def draw(names: Sequence[str], panels: Sequence[Panel]) -> np.ndarray:
    """Draws panels side by side.

    Args:
      names: The rows' names.
      panels: Of as many values each.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    size = (_LABELS + len(panels) * (_BAR + _GAP), _TOP + len(names) * _ROW + _BOTTOM)
    sheet = Image.new("RGB", size, to_tuple(palette.PAPER))
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(names):
        write(pen, (_LABELS - 10, _middle(row)), name, "rm")
    for number, panel in enumerate(panels):
        _draw_panel(pen, panel, _LABELS + number * (_BAR + _GAP))
    return np.asarray(sheet)


def _draw_panel(pen: ImageDraw.ImageDraw, panel: Panel, left: int) -> None:
    write(pen, (left, _TOP / 2), panel.title, "lm", _TITLE_FONT)
    longest = max(high for _, high in panel.intervals)
    scale = _BAR / longest
    for row, (value, (low, high)) in enumerate(zip(panel.values, panel.intervals, strict=True)):
        y = _middle(row)
        colour = _BEST if value == min(panel.values) else _OTHER
        pen.rectangle((left, y - 8, left + scale * value, y + 8), fill=to_tuple(colour))
        pen.line((left + scale * low, y, left + scale * high, y), fill=to_tuple(palette.INK))
        write(pen, (left + scale * max(value, high) + 5, y), f"{value:.0f} mm", "lm")


def _middle(row: int) -> float:
    return _TOP + (row + 0.5) * _ROW
