"""Line figures and scatter plots: panels side by side that share their x axis and legend."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hps_tf.rendering.colour import to_tuple
from hps_tf.visualization import palette

_PANEL = (380, 300)
"""Width and height between a panel's axes."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 46, 48
_LINE, _MARKER = 3, 4
_FONT, _TITLE_FONT = 13, 16
_ROW = 22
_NUM_TICKS = 5
_GRID = "#dcd9d4"
_COLOURS = ("3f6fa8", "b5653a", "3f9a72", "9854a5", "c7598f", "a08a1a", "3a3835")


@dataclasses.dataclass(frozen=True)
class Line:
    """A line.

    Attributes:
      name: For the legend; lines of one name have one colour in all panels.
      x: `(N,)` rising.
      y: `(N,)`.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclasses.dataclass(frozen=True)
class Panel:
    """Lines over common axes.

    Attributes:
      title: Above it.
      lines: The lines, at least one.
      is_logarithmic: Whether both axes are; all numbers are then above 0.
      is_scatter: Whether points are drawn alone, without lines between them.
    """

    title: str
    lines: Sequence[Line]
    is_logarithmic: bool = False
    is_scatter: bool = False


def draw(panels: Sequence[Panel], x_label: str) -> np.ndarray:
    """Draws panels beside one another, and the legend below.

    Args:
      panels: The panels.
      x_label: Under each.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    colours = {name: f"#{_COLOURS[i % len(_COLOURS)]}" for i, name in enumerate(names)}
    width = _LEFT + _PANEL[0] + _RIGHT
    height = _TOP + _PANEL[1] + _BOTTOM
    columns = max(1, len(panels))
    rows = math.ceil(len(names) / columns)
    size = (columns * width, height + rows * _ROW + _ROW // 2)
    sheet = Image.new("RGB", size, to_tuple(palette.PAPER))
    pen = ImageDraw.Draw(sheet)
    for number, panel in enumerate(panels):
        _draw_panel(pen, panel, number * width, x_label, colours)
    for number, name in enumerate(names):
        x = _LEFT + (number % columns) * width
        y = height + (number // columns) * _ROW
        pen.line((x, y + 8, x + 26, y + 8), fill=colours[name], width=_LINE)
        write(pen, (x + 34, y + 8), name, "lm")
    return np.asarray(sheet)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, about five, within a range and its ends' next ones."""
    step = _round_step((high - low) / _NUM_TICKS or 1.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def powers(low: float, high: float) -> list[float]:
    """The powers of ten within a range of numbers above 0, and its ends' next ones."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    return [10.0**number for number in range(first, max(last, first + 1) + 1)]


def _round_step(wanted: float) -> float:
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))


def _draw_panel(
    pen: ImageDraw.ImageDraw, panel: Panel, offset: int, x_label: str, colours: dict[str, str]
) -> None:
    xs = np.concatenate([line.x for line in panel.lines])
    ys = np.concatenate([line.y for line in panel.lines])
    ticks_of = powers if panel.is_logarithmic else ticks
    x_ticks, y_ticks = (ticks_of(float(each.min()), float(each.max())) for each in (xs, ys))
    left, top = offset + _LEFT, _TOP
    right, bottom = left + _PANEL[0], top + _PANEL[1]

    def share(value: float, axis: list[float]) -> float:
        first, last = axis[0], axis[-1]
        if panel.is_logarithmic:
            value, first, last = (math.log(each) for each in (value, first, last))
        return (value - first) / (last - first)

    def place(x: float, y: float) -> tuple[float, float]:
        return left + share(x, x_ticks) * _PANEL[0], bottom - share(y, y_ticks) * _PANEL[1]

    for value in y_ticks:
        y = place(x_ticks[0], value)[1]
        pen.line((left, y, right, y), fill=_GRID)
        write(pen, (left - 8, y), f"{value:g}" if value else "0", "rm")
    for value in x_ticks:
        x = place(value, y_ticks[0])[0]
        pen.line((x, bottom, x, bottom + 5), fill=_GRID)
        write(pen, (x, bottom + 8), f"{value:g}", "mt")
    write(pen, ((left + right) / 2, bottom + 27), x_label, "mt")
    write(pen, (left, top / 2), panel.title, "lm", _TITLE_FONT)
    for line in panel.lines:
        points = [place(x, y) for x, y in zip(line.x, line.y, strict=True)]
        if not panel.is_scatter:
            pen.line(points, fill=colours[line.name], width=_LINE, joint="curve")
        for x, y in points:
            box = (x - _MARKER, y - _MARKER, x + _MARKER, y + _MARKER)
            pen.ellipse(box, fill=colours[line.name])


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, anchor: str, size: int = _FONT
) -> None:
    """Writes a line of text in ink.

    Args:
      pen: Of the picture.
      place: x and y, pixels.
      text: The text.
      anchor: Where `place` lies of it, as Pillow has it, e.g. ``"lm"``, the left of the middle.
      size: Of the letters, pixels.
    """
    font = ImageFont.load_default(size)
    pen.text(place, text, font=font, fill=to_tuple(palette.INK), anchor=anchor)
