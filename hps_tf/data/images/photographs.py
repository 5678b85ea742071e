"""Photographs: found by path or by the names a keypoint file gives them, read with limits.

The content of a file decides what it is, not its suffix; of several pictures in a file the first is
read. Programs that detect people turn an image as its EXIF orientation says, and so does this
reader, unless the keypoint file states the size of the image as it is stored; where EXIF is
damaged, the image is taken to be upright. Names may be in upper or lower case. Transparent parts
become white, and 16 bits a channel are brought to 8.
"""

import contextlib
import functools
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.data.images import exif_camera
from hps_tf.data.keypoints.people import MAX_PIXELS, ImageEntry
from hps_tf.errors import InputError

_ORIENTATION = 0x0112  # The EXIF tag.

# By orientation, the view of upright pixels in which they stand as the file stores them.
_AS_STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
_OPPOSITE = {6: 8, 8: 6}  # Each other orientation is its own.
# Its decoder holds two images of its own.
_MAX_PIXELS_OF_WEBP = 3 << 24
_BAND_PIXELS = 1 << 20
_MAX_16_BITS = 65535
_HEIF_BRANDS = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1")

# What Pillow raises on damaged files.
_DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    SyntaxError,
    ZeroDivisionError,
    OverflowError,
    MemoryError,
    struct.error,
)


class Photograph(NamedTuple):
    """An image file.

    Attributes:
      path: The file.
      size: Height and width as it is to be seen.
      is_turned: Whether its EXIF orientation counts.
    """

    path: Path
    size: tuple[int, int]
    is_turned: bool

    def read(self) -> np.ndarray:
        """Reads the `(H, W, 3)` uint8 RGB pixels; what is transparent becomes white.

        Raises:
          InputError: If the file is damaged.
        """
        pixels = np.empty((*self.size, 3), np.uint8)
        with _opened(self.path) as image:
            orientation = _orientation(image)
            is_upright = _is_turned_by_pillow(image)
            if self.is_turned == is_upright:
                orientation = 1
            elif is_upright:
                orientation = _OPPOSITE.get(orientation, orientation)
            as_decoded = _AS_STORED.get(orientation)
            decoded = pixels if as_decoded is None else as_decoded(pixels)
            # By bands, since each step makes an image of its own.
            rows = max(_BAND_PIXELS // image.width, 1)
            for top in range(0, image.height, rows):
                bottom = min(top + rows, image.height)
                decoded[top:bottom] = self._on_paper(image.crop((0, top, image.width, bottom)))
        return pixels

    def focal_length(self) -> float | None:
        """Reads the focal length that the camera noted, pixels; None where there is none.

        Raises:
          InputError: If the file is damaged.
        """
        with _opened(self.path) as image:
            with contextlib.suppress(*_DAMAGED):
                return exif_camera.focal_length(image.getexif(), (image.height, image.width))
            return None

    def _on_paper(self, image: Image.Image) -> np.ndarray:
        """RGB pixels of an image on white."""
        if image.mode.startswith(("I", "F")):
            image = Image.fromarray(self._in_8_bits(np.asarray(image)))
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return np.asarray(Image.alpha_composite(paper, rgba).convert("RGB"))

    def _in_8_bits(self, grey: np.ndarray) -> np.ndarray:
        """Brings grey values of 16 bits, or of 0 to 1 as numbers, to 8 bits."""
        top = _MAX_16_BITS if np.issubdtype(grey.dtype, np.integer) else 1.0
        low, high = float(grey.min()), float(grey.max())
        if not (low >= 0 and high <= top):
            raise InputError(
                f"{self.path}: expected grey values from 0 to {top:g}, received {low:g} to {high:g}"
            )
        return np.round(grey * (255.0 / top)).astype(np.uint8)


def at(path: Path) -> Photograph:
    """Reads the size of an image file.

    Raises:
      InputError: If it is missing, no image, or too large.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected an image, received {_instead_of_a_file(path)}")
    _, upright = _sizes(path)
    return Photograph(path, upright, is_turned=True)


def locate(directory: Path, entry: ImageEntry) -> Photograph:
    """Finds an image and reads its size.

    Args:
      directory: Where to look.
      entry: The image. A name with directories is looked for as it stands and by its last part
        alone; one that leads outside `directory`, by its last part alone.

    Returns:
      The photograph.

    Raises:
      InputError: If it is missing, no image, too large, or not of the size the entry states.
    """
    path = _find(directory, entry.names)
    if path is None:
        raise InputError(f"{directory}: expected the image {entry.names[0]!r}, received none")
    stored, upright = _sizes(path)
    if entry.size not in (None, upright, stored):
        height, width = entry.size
        raise InputError(
            f"{path}: expected {width} x {height} pixels as the keypoint file states, received"
            f" {upright[1]} x {upright[0]}"
        )
    is_turned = entry.size in (None, upright)
    return Photograph(path, upright if is_turned else stored, is_turned)


def read_labels(path: Path) -> np.ndarray:
    """Reads the values of a grey image, or the indices of one with a palette.

    Args:
      path: The file.

    Returns:
      `(H, W)` uint8.

    Raises:
      InputError: If it is damaged, too large, or has colours without a palette.
    """
    with _opened(path) as image:
        if image.mode not in ("L", "P", "1"):
            raise InputError(
                f"{path}: expected one channel of 8 bits or a palette, received {image.mode}"
            )
        return np.asarray(image, np.uint8)


def _sizes(path: Path) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width of an image as it is stored, and as it is to be seen."""
    with _opened(path) as image:
        size = (image.height, image.width)
        other = size[::-1] if _orientation(image) in (5, 6, 7, 8) else size
        return (other, size) if _is_turned_by_pillow(image) else (size, other)


def _is_turned_by_pillow(image: Image.Image) -> bool:
    """Whether Pillow states the upright size and decodes upright pixels, as it does of TIFF."""
    return image.format == "TIFF"


def _orientation(image: Image.Image) -> int:
    """An image's EXIF orientation, 1 to 8; 1, upright, where EXIF states none."""
    with contextlib.suppress(*_DAMAGED):
        orientation = image.getexif().get(_ORIENTATION, 1)
        return orientation if orientation in _AS_STORED else 1
    return 1


def _find(directory: Path, names: Sequence[str]) -> Path | None:
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        is_inside = not path.is_absolute() and ".." not in path.parts
        for candidate in (path, PurePosixPath(path.name)) if is_inside else (path.name,):
            with contextlib.suppress(ValueError, OSError):  # A NUL, or longer than a path may be.
                if (directory / candidate).is_file():
                    return directory / candidate
    for name in names:
        with contextlib.suppress(ValueError, OSError):
            own = PurePosixPath(name.replace("\\", "/")).name
            alike = _by_folded_name(directory, directory.stat().st_mtime_ns).get(own.casefold())
            if alike is not None and alike.is_file():
                return alike
    return None


@functools.lru_cache(maxsize=4)
def _by_folded_name(directory: Path, changed: int) -> dict[str, Path]:
    """The files of a directory by their names in lower case; cached by its time of change."""
    del changed  # Part of the key alone.
    paths = sorted(directory.iterdir(), reverse=True)
    return {path.name.casefold(): path for path in paths}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    head = None
    try:
        with path.open("rb") as file:
            head = file.read(12)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                most = _MAX_PIXELS_OF_WEBP if image.format == "WEBP" else MAX_PIXELS
                if image.width * image.height > most:
                    raise InputError(
                        f"{path}: expected at most {most} pixels, received {image.width} x"
                        f" {image.height}"
                    )
                yield image
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise InputError(f"{path}: expected at most {MAX_PIXELS} pixels, received more") from None
    except _DAMAGED as error:
        raise InputError(f"{path}: expected an image, received{_found(head, error)}") from None


def _found(head: bytes | None, error: BaseException) -> str:
    """Says what a file is that Pillow cannot read, by its first bytes."""
    if head == b"":
        return " an empty file"
    if head is not None and head[4:] in _HEIF_BRANDS:
        return " HEIC, which this Pillow does not read; save it as JPEG or PNG"
    return f": {error}"


def _instead_of_a_file(path: Path) -> str:
    return "a directory" if path.is_dir() else "no file"
