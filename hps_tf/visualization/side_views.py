"""People from the side, which a photograph alone does not show.

Each is seen from the right of the camera that took the photograph, from far away, so that what is
nearer to that camera is farther to the left; all at one scale.

Convention: bodies in the camera frame of OpenCV, metres.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hps_tf.rendering.colour import to_tuple
from hps_tf.visualization import body_layer, palette

MAX_PEOPLE = 12

_CELL_ASPECT = 0.62
"""Width of a person's cell over its height."""

_LEAST_EXTENT = 1.2
"""Metres that the higher side of a cell shows at least."""

_MARGIN = 0.06
_DISTANCE = 50.0
_FONT_SIZE = 12
_CAPTION = "seen from the right"


def side_views(
    vertices: np.ndarray,
    faces: np.ndarray,
    height: int,
    max_width: int,
    *,
    doubt: np.ndarray | None = None,
    numbers: np.ndarray | None = None,
) -> np.ndarray:
    """Draws a panel of people from the side, in the colours that `overlay` gives them.

    Args:
      vertices: `(P, V, 3)` in the camera frame, metres; only the first 12 people are drawn.
      faces: `(F, 3)` vertex indices of one person.
      height: Of the panel, pixels.
      max_width: Of the panel; people stand in as many rows as it takes.
      doubt: `(P, V)` how unsure each vertex is, 0..1.
      numbers: `(P,)` int, which colour each person has; by default they are counted.

    Returns:
      `(height, W, 3)` uint8 RGB.

    Raises:
      ValueError: If there is nobody.
    """
    count = min(len(vertices), MAX_PEOPLE)
    if not count:
        raise ValueError("`vertices`: expected at least one person")
    num_rows, num_columns = _grid(count, height, max_width)
    cell = (height // num_rows, max(1, round(_CELL_ASPECT * height / num_rows)))
    panel = np.empty((height, num_columns * cell[1], 3), np.uint8)
    panel[:] = to_tuple(palette.PAPER)
    turned = np.stack([vertices[..., 2], vertices[..., 1], -vertices[..., 0]], axis=-1)
    low, high = turned[:count].min(axis=1), turned[:count].max(axis=1)
    extents = np.maximum((high - low)[:, :2] / (_CELL_ASPECT, 1.0), _LEAST_EXTENT)
    focal = (1 - 2 * _MARGIN) * cell[0] / extents.max() * _DISTANCE
    camera = np.array([[focal, 0, (cell[1] - 1) / 2], [0, focal, (cell[0] - 1) / 2], [0, 0, 1]])
    colours = body_layer.person_colours(np.arange(count) if numbers is None else numbers)
    for person in range(count):
        middle = (low[person] + high[person]) / 2
        layer = body_layer.paint(
            (turned[person] - middle + (0, 0, _DISTANCE))[None],
            faces,
            camera,
            cell,
            colours=colours[person : person + 1],
            opacity=1.0,
            doubt=None if doubt is None else doubt[person : person + 1],
        )
        row, column = divmod(person, num_columns)
        place = (
            slice(row * cell[0], (row + 1) * cell[0]),
            slice(column * cell[1], (column + 1) * cell[1]),
        )
        if layer is not None:
            panel[place] = layer.over(panel[place])
    return _captioned(panel)


def _grid(count: int, height: int, max_width: int) -> tuple[int, int]:
    """Rows and columns of as large cells as fit."""
    for num_rows in range(1, count):
        num_columns = -(-count // num_rows)
        if num_columns * _CELL_ASPECT * height / num_rows <= max_width:
            return num_rows, num_columns
    return count, 1


def _captioned(panel: np.ndarray) -> np.ndarray:
    image = Image.fromarray(panel)
    font = ImageFont.load_default(_FONT_SIZE)
    ink = to_tuple(palette.INK)
    ImageDraw.Draw(image).text((5, 3), _CAPTION, font=font, fill=ink)
    return np.asarray(image)
