"""Backgrounds: pieces of photographs, or drawn rooms, colours and things.

Convention: images `(S, S, 3)` uint8 sRGB.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hps_tf.data.images import photographs
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.data.synthetic import style as styles
from hps_tf.data.synthetic import texture
from hps_tf.data.synthetic.style import Style
from hps_tf.errors import InputError
from hps_tf.rendering.colour import to_tuple, to_uint8

_SUFFIXES = (".jpg", ".jpeg", ".png")
_SMALLEST_PIECE = 0.35


def draw(rng: np.random.Generator, style: Style, image_size: int) -> np.ndarray:
    """Draws a background: a wall and mostly a floor, with things before them, out of focus."""
    radius = rng.uniform(0, 0.015) * image_size
    # What is out of focus has less detail.
    scale = 2 if radius > 1 else 1
    size = image_size // scale
    image = _room(rng, style, size)
    picture = Image.fromarray(to_uint8(image + _unevenness(rng, size)))
    _draw_things(rng, style, picture)
    picture = picture.filter(ImageFilter.BoxBlur(radius / scale))
    if scale > 1:
        picture = picture.resize((image_size, image_size), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def textured(rng: np.random.Generator, style: Style, image_size: int) -> np.ndarray:
    """Draws a texture that fills the image, lit unevenly."""
    cloth = texture.draw(rng, style, (0.05, 0.6), 2)
    return to_uint8(cloth.paint(_grid(image_size)) + _unevenness(rng, image_size))


def list_photographs(directory: Path) -> list[str]:
    """Lists the photographs of a directory, as paths within it.

    Raises:
      InputError: If there is none.
    """
    if not directory.is_dir():
        raise InputError(f"{directory}: expected a directory of photographs, received none")
    names = sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.suffix.lower() in _SUFFIXES
    )
    if not names:
        raise InputError(
            f"{directory}: expected photographs ({', '.join(_SUFFIXES)}), received none"
        )
    return names


def read(directory: Path, name: str) -> Image.Image:
    """Reads a photograph.

    Raises:
      InputError: If it is damaged or too large.
    """
    return Image.fromarray(photographs.locate(directory, ImageEntry((name,), 0)).read())


def piece(rng: np.random.Generator, photograph: Image.Image, image_size: int) -> np.ndarray:
    """Cuts a random square out of a photograph."""
    shorter = min(photograph.size)
    side = max(1, round(shorter * rng.uniform(_SMALLEST_PIECE, 1)))
    left, top = (int(rng.integers(length - side + 1)) for length in photograph.size)
    box = (left, top, left + side, top + side)
    resized = photograph.resize((image_size, image_size), Image.Resampling.BILINEAR, box)
    image = np.asarray(resized)
    return image[:, ::-1] if rng.uniform() < 0.5 else image


def _room(rng: np.random.Generator, style: Style, image_size: int) -> np.ndarray:
    grid = _grid(image_size)
    image = np.array(texture.draw(rng, style, (0.1, 1.0), 2).paint(grid))
    if rng.uniform() < 0.75:
        horizon = round(image_size * rng.uniform(0.35, 0.95))
        below = grid[horizon:] - (0.5, 0)
        # The floor runs away from the camera: patterns converge towards the horizon.
        distance = 0.3 / (below[..., 1:] - horizon / image_size + 0.1)
        floor = texture.draw(rng, style, (0.1, 1.0), 2)
        image[horizon:] = floor.paint(np.concatenate([below[..., :1] * distance, distance], -1))
    return image


def _unevenness(rng: np.random.Generator, image_size: int) -> np.ndarray:
    """Smooth differences of brightness and colour, of a few spots to fine grain."""
    cells = int(rng.integers(2, 12))
    coarse = rng.normal(0, rng.uniform(0.02, 0.12), (cells, cells, 1))
    coarse = coarse + rng.normal(0, 0.02, (cells, cells, 3))
    picture = Image.fromarray(to_uint8(0.5 + coarse))
    resized = picture.resize((image_size, image_size), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.float32) / 255 - 0.5


def _draw_things(rng: np.random.Generator, style: Style, picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    size = picture.width
    for _ in range(rng.poisson(style.clutter)):
        fill = to_tuple(styles.colour(rng, style))
        left, top = rng.uniform(-0.2, 1.0, 2) * size
        width, height = np.exp(rng.uniform(np.log(0.03), np.log(0.6), 2)) * size
        box = (left, top, left + width, top + height)
        kind = rng.choice(("rectangle", "ellipse", "polygon", "line", "bars"))
        if kind == "rectangle":
            pen.rectangle(box, fill=fill)
        elif kind == "ellipse":
            pen.ellipse(box, fill=fill)
        elif kind == "polygon":
            corners = (left, top) + rng.uniform(size=(int(rng.integers(3, 7)), 2)) * (width, height)
            pen.polygon([tuple(corner) for corner in corners.tolist()], fill=fill)
        elif kind == "line":
            pen.line(box, fill=fill, width=max(1, round(0.02 * size * rng.uniform())))
        else:
            step = width / int(rng.integers(3, 9))
            for start in np.arange(left, left + width, max(step, 1)):
                pen.rectangle((start, top, start + step / 2, top + height), fill=fill)


def _grid(image_size: int) -> np.ndarray:
    """Places `(S, S, 2)` of pixels, in image sides."""
    line = (np.arange(image_size, dtype=np.float32) + 0.5) / image_size
    return np.stack(np.meshgrid(line, line), axis=-1)
