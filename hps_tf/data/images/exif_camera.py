"""The focal length that a camera notes in a photograph (EXIF 2.32, tags of the Exif IFD).

Of an image that was cropped afterwards it is that of the whole: editors leave EXIF as it is.
"""

import math

import numpy as np
from PIL import Image

_EXIF_IFD = 0x8769
_FOCAL_LENGTH = 0x920A
_FOCAL_LENGTH_IN_35MM_FILM = 0xA405
_PIXEL_X_DIMENSION = 0xA002
_FOCAL_PLANE_X_RESOLUTION = 0xA20E
_FOCAL_PLANE_RESOLUTION_UNIT = 0xA210

_FILM_DIAGONAL = math.hypot(36.0, 24.0)
"""Millimetres; equivalent focal lengths compare diagonals (CIPA DCG-001)."""

_MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
"""Of the units of the focal plane's resolution: inch, centimetre, millimetre, micrometre."""

_LEAST, _MOST = 0.2, 50.0
"""Focal lengths that are believed, in diagonals of the image."""


def focal_length(exif: Image.Exif, stored_size: tuple[int, int]) -> float | None:
    """Reads the focal length in pixels.

    Args:
      exif: Of the image.
      stored_size: Height and width of the image as it is stored.

    Returns:
      Pixels, or None where EXIF holds none that can be believed.
    """
    tags = exif.get_ifd(_EXIF_IFD)
    diagonal = math.hypot(*stored_size)
    film = _number(tags.get(_FOCAL_LENGTH_IN_35MM_FILM)) * diagonal / _FILM_DIAGONAL
    for pixels in (film, _by_sensor(tags, stored_size[1])):
        if _LEAST * diagonal <= pixels <= _MOST * diagonal:
            return pixels
    return None


def _by_sensor(tags: dict, width: int) -> float:
    """The focal length by the sensor's pixels, those of the image as it was taken; 0 if unknown."""
    unit = _MILLIMETRES.get(tags.get(_FOCAL_PLANE_RESOLUTION_UNIT, 2), 0.0)
    resolution = _number(tags.get(_FOCAL_PLANE_X_RESOLUTION))
    taken_width = _number(tags.get(_PIXEL_X_DIMENSION)) or width
    if not unit:
        return 0.0
    return _number(tags.get(_FOCAL_LENGTH)) * resolution / unit * width / taken_width


def _number(value: object) -> float:
    """The value of a tag, 0 where it is missing or no number."""
    try:
        number = float(value)  # type: ignore[arg-type]  # Tags hold anything.
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return number if np.isfinite(number) and number > 0 else 0.0
