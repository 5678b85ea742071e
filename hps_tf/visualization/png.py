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
