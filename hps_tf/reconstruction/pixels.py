"""Images as callers give them: the path of a file, or an array of 0..255 or of 0..1."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from hps_tf.data.images import photographs
from hps_tf.errors import InputError

#: What an image may be given as.
Image = str | os.PathLike[str] | np.ndarray

#: Smallest height and width in which a person can be recognised.
MIN_SIDE = 16

_MOST = 1.01  # Of an image of 0..1: filters overshoot a little.


def is_one(images: Image | Sequence[Image]) -> bool:
    """Tells one image from several; an array of 4 axes is a batch."""
    if isinstance(images, (str, os.PathLike)):
        return True
    return not isinstance(images, (list, tuple)) and np.asarray(images).ndim < 4


def as_images(images: Image | Sequence[Image]) -> list[Any]:
    """Makes a list of what may be one image."""
    return [images] if is_one(images) else list(cast(Sequence[Image], images))


def name_of(image: Image, place: int) -> str:
    """Names an image for results and messages: its path as given, or its place."""
    return os.fspath(image) if isinstance(image, (str, os.PathLike)) else f"images[{place}]"


def read(image: Image, name: str) -> np.ndarray:
    """Reads or checks an image.

    Args:
      image: A path; or `(H, W, 3)` RGB, `(H, W)` or `(H, W, 1)` grey, or `(H, W, 4)` RGBA, uint8 of
        0..255 or floating point of 0..1.
      name: Its name in messages.

    Returns:
      `(H, W, 3)` uint8 RGB; what is transparent is white.

    Raises:
      InputError: If a file is missing, no image, too large or too small.
      ValueError: If an array is not as above.
    """
    if isinstance(image, (str, os.PathLike)):
        pixels = photographs.at(Path(image)).read()
    else:
        pixels = _rgb(_in_8_bits(np.asarray(image), name), name)
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise InputError(
            f"{name}: expected at least {MIN_SIDE} x {MIN_SIDE} pixels, received {width} x {height}"
        )
    return pixels


def focal_length(image: Image) -> float | None:
    """Reads the focal length in pixels from the EXIF of a file; None of arrays and without it.

    Raises:
      InputError: If the file is missing or damaged.
    """
    if isinstance(image, (str, os.PathLike)):
        return photographs.at(Path(image)).focal_length()
    return None


def _in_8_bits(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim not in (2, 3) or not array.size:
        raise ValueError(f"{name}: expected an image (H, W, 3), received shape {array.shape}")
    if array.dtype == np.uint8:
        if array.max() == 1:
            raise ValueError(
                f"{name}: expected uint8 pixels of 0 to 255, received none above 1; an image of 0"
                " to 1 needs a floating-point type"
            )
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            f"{name}: expected pixels of uint8 or a floating-point type, received {array.dtype}"
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 1 - _MOST and high <= _MOST):
        raise ValueError(
            f"{name}: expected floating-point pixels from 0 to 1, received {low:.3g} to"
            f" {high:.3g}; pixels of 0 to 255: expected uint8"
        )
    return np.round(255 * np.clip(array, 0, 1)).astype(np.uint8)


def _rgb(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 2:
        array = array[..., None]
    channels = array.shape[2]
    if channels == 1:
        return np.repeat(array, 3, axis=2)
    if channels == 4:
        opacity = array[..., 3:] / 255
        return np.round(opacity * array[..., :3] + 255 * (1 - opacity)).astype(np.uint8)
    if channels != 3:
        raise ValueError(f"{name}: expected an image (H, W, 3), received shape {array.shape}")
    return np.ascontiguousarray(array)
