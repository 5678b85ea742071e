"""PNG files."""

import os

import numpy as np
from PIL import Image

from hps_tf import atomic_file


def write(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Writes a picture; the file appears whole or not at all.

    Args:
      path: The file; its directory must exist.
      image: `(H, W, 3)` RGB or `(H, W)` grey, uint8.
    """
    with atomic_file.replacing(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG", optimize=True)


def write_small(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Writes a picture in 256 colours chosen for it: about a third of the size, for documents.

    Args:
      path: The file; its directory must exist.
      image: `(H, W, 3)` uint8 RGB.
    """
    indexed = Image.fromarray(image).quantize(256, method=Image.Quantize.MEDIANCUT)
    with atomic_file.replacing(path) as temporary:
        indexed.save(temporary, format="PNG", optimize=True)
