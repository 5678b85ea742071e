"""Things in front of people: drawn shapes, or another person.

Convention: images `(S, S, 3)` uint8 sRGB; masks `(S, S)` bool.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from hps_tf.data.synthetic import background
from hps_tf.data.synthetic.style import Style

_OTHER_PERSON = 0.3
_MOST_HIDDEN = 0.6
"""Share of a person that an occluder may hide; it is left out where it would hide more."""


class Layer(NamedTuple):
    """A cut-out: its image, and where it is."""

    image: np.ndarray
    mask: np.ndarray


def draw(
    rng: np.random.Generator, style: Style, mask: np.ndarray, other: Layer | None
) -> Layer | None:
    """Draws what stands in front of a person, mostly nothing.

    Args:
      rng: Source of randomness.
      style: The image domain.
      mask: Where the person is.
      other: Another person, who may be put before this one.

    Returns:
      The occluder, which hides some of the person but not most, or None.
    """
    if rng.uniform() >= style.occlusion or not mask.any():
        return None
    if other is not None and rng.uniform() < _OTHER_PERSON:
        layer = _moved(rng, other)
    else:
        layer = Layer(background.textured(rng, style, len(mask)), _shape(rng, mask))
    hidden = np.count_nonzero(layer.mask & mask) / np.count_nonzero(mask)
    return layer if 0 < hidden <= _MOST_HIDDEN else None


def _shape(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """A shape over a random pixel of the person."""
    size = len(mask)
    rows, columns = np.nonzero(mask)
    chosen = rng.integers(len(rows))
    centre = np.array([columns[chosen], rows[chosen]], float)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    width, height = extent * rng.uniform(0.12, 0.5, 2)
    kind = rng.choice(("rectangle", "ellipse", "polygon", "post", "counter"))
    if kind == "post":
        height = 3 * size
        width *= 0.6
    elif kind == "counter":
        # Like a table: from side to side, down to the bottom.
        width, height = 3 * size, 2 * (size - centre[1]) + 2
        centre[1] = size
    turn = rng.normal(0, 0.1) if kind in ("post", "counter") else rng.uniform(0, np.pi)
    count = {"ellipse": 24, "polygon": int(rng.integers(3, 8))}.get(str(kind), 4)
    angles = 2 * np.pi * (np.arange(count) + 0.5) / count
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners *= np.array([width, height]) / (np.sqrt(2) if count == 4 else 2)
    if kind == "polygon":
        corners *= rng.uniform(0.5, 1.3, (count, 1))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    picture = Image.new("1", (size, size))
    ImageDraw.Draw(picture).polygon([tuple(c) for c in (corners @ rotation + centre).tolist()], 1)
    return np.asarray(picture)


def _moved(rng: np.random.Generator, other: Layer) -> Layer:
    """The other person, resized and moved aside."""
    size = len(other.mask)
    scale = rng.uniform(0.8, 1.6)
    side = max(1, round(size * scale))
    picture = Image.fromarray(np.dstack([other.image, 255 * other.mask.astype(np.uint8)]), "RGBA")
    resized = picture.resize((side, side), Image.Resampling.NEAREST)
    aside = size * rng.uniform(0.15, 0.5) * rng.choice((-1, 1))
    offset = ((size - side) / 2 + aside, (size - side) / 2 + size * rng.uniform(-0.1, 0.3))
    canvas = Image.new("RGBA", (size, size))
    canvas.paste(resized, (round(offset[0]), round(offset[1])))
    pixels = np.asarray(canvas)
    return Layer(pixels[..., :3], pixels[..., 3] > 0)
