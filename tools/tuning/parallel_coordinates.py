"""Parallel coordinates: an upright axis for each quantity, a line across them for each trial."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hps_tf.rendering.colour import to_tuple
from hps_tf.visualization import palette

_GAP, _HEIGHT = 170, 380
"""Between two axes, and how long they are."""

_SIDE, _TOP, _BOTTOM = 90, 56, 58
_FONT, _TITLE_FONT = 13, 14
_NUM_TICKS = 5
_SMOOTH = 3
"""Factor of supersampling, which smooths the lines."""

_BEST, _WORST = (0.71, 0.25, 0.12), (0.80, 0.82, 0.86)
"""Colours of the first and the last; the one in the middle is `_MIDDLE`."""

_MIDDLE = (0.33, 0.49, 0.70)


@dataclasses.dataclass(frozen=True)
class Axis:
    """A quantity.

    Attributes:
      name: Below it, and how lines know it.
      ticks: Place from 0, the bottom, to 1, and text.
      place: Where a value is; for values of an axis by name, see `names`.
      low: The value at the bottom.
      high: The value at the top.
      is_logarithmic: Whether equal factors are equally far apart.
      names: The values of an axis that has no numbers, from the bottom.
    """

    name: str
    ticks: Sequence[tuple[float, str]]
    low: float = 0.0
    high: float = 1.0
    is_logarithmic: bool = False
    names: tuple[str, ...] = ()

    def place(self, value: Any) -> float:
        """Where a value is, from 0 to 1."""
        if self.names:
            return (self.names.index(str(value)) + 0.5) / len(self.names)
        return _share(float(value), self.low, self.high, self.is_logarithmic)


@dataclasses.dataclass(frozen=True)
class Line:
    """A trial.

    Attributes:
      values: Its value on each axis; it passes below an axis that it has none on.
      rank: From 0, the best, to 1, the worst.
    """

    values: Mapping[str, Any]
    rank: float


def axis(name: str, values: Sequence[Any], *, is_logarithmic: bool = False) -> Axis:
    """Makes an axis that has room for values: numbers, or a few names.

    Args:
      name: Its name.
      values: At least one.
      is_logarithmic: Whether equal factors are equally far apart; for numbers above 0.
    """
    if any(isinstance(value, str | bool) for value in values):
        names = tuple(sorted({str(value) for value in values}))
        ticks = [((place + 0.5) / len(names), text) for place, text in enumerate(names)]
        return Axis(name, ticks, names=names)
    low, high = float(min(values)), float(max(values))
    if low == high:
        margin = abs(low) / 2 or 0.5
        return Axis(name, [(0.5, f"{low:.4g}")], low - margin, high + margin)
    is_logarithmic = is_logarithmic and low > 0
    levels = sorted(set(map(float, values)))
    if len(levels) > _NUM_TICKS:
        levels = list((np.geomspace if is_logarithmic else np.linspace)(low, high, _NUM_TICKS))
    ticks = [(_share(level, low, high, is_logarithmic), f"{level:.4g}") for level in levels]
    return Axis(name, ticks, low, high, is_logarithmic)


def draw(axes: Sequence[Axis], lines: Sequence[Line]) -> np.ndarray:
    """Draws the axes side by side and the lines over them, the best last.

    Args:
      axes: The axes from the left.
      lines: The trials.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    size = (2 * _SIDE + (len(axes) - 1) * _GAP, _TOP + _HEIGHT + _BOTTOM)
    sheet = Image.new("RGB", (size[0] * _SMOOTH, size[1] * _SMOOTH), to_tuple(palette.PAPER))
    pen = ImageDraw.Draw(sheet)
    for line in sorted(lines, key=lambda each: -each.rank):
        points = [
            (_SMOOTH * (_SIDE + number * _GAP), _SMOOTH * _height(each, line))
            for number, each in enumerate(axes)
        ]
        width = 4 if line.rank == 0 else 2
        pen.line(points, fill=to_tuple(_by_rank(line.rank)), width=width * _SMOOTH, joint="curve")
    for number in range(len(axes)):
        x = _SMOOTH * (_SIDE + number * _GAP)
        ends = (x, _SMOOTH * _TOP, x, _SMOOTH * (_TOP + _HEIGHT))
        pen.line(ends, fill=to_tuple(palette.INK), width=_SMOOTH)
    sheet = sheet.resize(size, Image.Resampling.LANCZOS)
    _label(ImageDraw.Draw(sheet), axes)
    return np.asarray(sheet)


def _label(pen: ImageDraw.ImageDraw, axes: Sequence[Axis]) -> None:
    title, small = (ImageFont.load_default(size) for size in (_TITLE_FONT, _FONT))
    ink, paper = to_tuple(palette.INK), to_tuple(palette.PAPER)
    for number, each in enumerate(axes):
        x = _SIDE + number * _GAP
        # Names are staggered, for long ones to have room.
        name_y = _TOP - 20 - 18 * (number % 2)
        pen.text((x, name_y), each.name, font=title, fill=ink, anchor="mm")
        for place, text in each.ticks:
            y = _TOP + (1 - place) * _HEIGHT
            pen.line((x - 4, y, x, y), fill=ink)
            pen.text(
                (x - 8, y),
                text,
                font=small,
                fill=ink,
                anchor="rm",
                stroke_width=3,
                stroke_fill=paper,
            )
    key = "each line is a run: red the best, then blue, then grey; below an axis: without it"
    pen.text((_SIDE, _TOP + _HEIGHT + _BOTTOM - 14), key, font=small, fill=ink, anchor="lm")


def _height(axis: Axis, line: Line) -> float:
    if axis.name not in line.values:
        return _TOP + _HEIGHT + 18
    return _TOP + (1 - axis.place(line.values[axis.name])) * _HEIGHT


def _share(value: float, low: float, high: float, is_logarithmic: bool) -> float:
    if is_logarithmic:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _by_rank(rank: float) -> np.ndarray:
    if rank == 0:
        return np.array(_BEST)
    return (1 - rank) * np.array(_MIDDLE) + rank * np.array(_WORST)
