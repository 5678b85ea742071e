"""Grids of pictures with a title and captions."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hps_tf.rendering.colour import to_tuple
from hps_tf.visualization import palette

_MARGIN = 20
_GAP = 6
_TITLE_SIZE = 20
_CAPTION_SIZE = 12
_TITLE_HEIGHT = 36
_CAPTION_HEIGHT = 20

_PAPER = to_tuple(palette.PAPER)
_INK = to_tuple(palette.INK)


def contact_sheet(
    images: Sequence[np.ndarray] | np.ndarray,
    columns: int,
    *,
    title: str | None = None,
    captions: Sequence[str] | None = None,
) -> np.ndarray:
    """Lays pictures of one size out in rows, from the top left.

    Args:
      images: `(H, W, 3)` uint8 RGB each.
      columns: Pictures in a row; fewer when there are not as many.
      title: A line above them all.
      captions: One line below each picture, empty for none; cut with an ellipsis to its width.

    Returns:
      `(H', W', 3)` uint8 RGB.

    Raises:
      ValueError: If there is no picture, they differ in size, or captions do not match them.
    """
    if not len(images):
        raise ValueError("`images`: expected at least one picture")
    if columns < 1:
        raise ValueError(f"`columns`: expected at least 1, received {columns}")
    shapes = {image.shape for image in images}
    if len(shapes) > 1 or len(images[0].shape) != 3 or images[0].shape[2] != 3:
        raise ValueError(f"`images`: expected one shape (H, W, 3), received {sorted(shapes)}")
    if captions is not None and len(captions) != len(images):
        raise ValueError(
            f"`captions`: expected {len(images)}, one per picture, received {len(captions)}"
        )

    height, width, _ = images[0].shape
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    step_x = width + _GAP
    step_y = height + _GAP + (_CAPTION_HEIGHT if captions is not None else 0)
    top = _MARGIN + (_TITLE_HEIGHT if title is not None else 0)
    size = (2 * _MARGIN + columns * step_x - _GAP, top + rows * step_y - _GAP + _MARGIN)

    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    if title is not None:
        _write(draw, title, _MARGIN, _MARGIN, size[0] - 2 * _MARGIN, _TITLE_SIZE)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        x, y = _MARGIN + column * step_x, top + row * step_y
        sheet.paste(Image.fromarray(image), (x, y))
        if captions is not None:
            _write(draw, captions[index], x, y + height + 3, width, _CAPTION_SIZE, centred=True)
    return np.asarray(sheet)


def _write(
    draw: ImageDraw.ImageDraw,
    text: str,
    x: int,
    y: int,
    width: int,
    size: int,
    centred: bool = False,
) -> None:
    font = ImageFont.load_default(size)
    shown = _fitted(text, font, width)
    indent = (width - font.getlength(shown)) / 2 if centred else 0
    draw.text((x + indent, y), shown, font=font, fill=_INK)


def _fitted(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The text, or as much of its beginning as fits before an ellipsis."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
