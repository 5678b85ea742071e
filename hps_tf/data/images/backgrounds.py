"""Backgrounds from a directory of photographs: random square crops of fixed size."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from hps_tf.data.images import photographs
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError

_SUFFIXES = (".jpg", ".jpeg", ".png")
_MIN_SHARE = 0.5  # Of the photograph's shorter side, that a crop's side has at least.
_MAX_BYTES = 1 << 32


def read(
    directory: str | os.PathLike[str], num_crops: int, image_size: int, seed: int
) -> np.ndarray:
    """Reads random crops, as many of each photograph as of any other, give or take one.

    Args:
      directory: Holds JPEG and PNG files, also in directories below.
      num_crops: N.
      image_size: S.
      seed: The same seed and files give the same crops.

    Returns:
      `(N, S, S, 3)` uint8.

    Raises:
      InputError: If there is no photograph, or one is damaged or too large.
      ValueError: If the crops would fill more than 4 GiB.
    """
    if num_crops < 1 or image_size < 1 or 3 * num_crops * image_size**2 > _MAX_BYTES:
        raise ValueError(
            "`num_crops` and `image_size`: expected positive numbers that fill at most"
            f" {_MAX_BYTES} bytes, received {num_crops} and {image_size}"
        )
    root = Path(directory)
    names = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file()
    )
    if not names:
        raise InputError(f"{root}: expected a directory with photographs, received none")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(names))
    crops = np.empty((num_crops, image_size, image_size, 3), np.uint8)
    # A photograph is decoded once for all of its crops.
    for place, number in enumerate(order[:num_crops]):
        entry = ImageEntry((names[number],), 0)
        pixels = photographs.locate(root, entry).read()
        for target in range(place, num_crops, len(names)):
            crops[target] = _random_crop(pixels, image_size, rng)
    return crops


def _random_crop(pixels: np.ndarray, image_size: int, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = rng.uniform(_MIN_SHARE, 1.0) * min(height, width)
    left, top = rng.uniform(0.0, (width - side, height - side))
    resized = Image.fromarray(pixels).resize(
        (image_size, image_size),
        Image.Resampling.BICUBIC,
        box=(left, top, min(left + side, width), min(top + side, height)),
    )
    crop = np.asarray(resized)
    return crop if rng.uniform() < 0.5 else crop[:, ::-1]
