"""PNG files."""

import os
from typing import Any

import numpy as np
from PIL import Image

from hps_tf.io import atomic_file

_QUICK_LEVEL = 3


def write(path: str | os.PathLike[str], image: np.ndarray, *, is_quick: bool = False) -> None:
    """Writes a picture; the file appears whole or not at all.

    Args:
      path: The file; its directory must exist.
      image: `(H, W, 3)` RGB or `(H, W)` grey, uint8.
      is_quick: Whether to spend a tenth of the time on a file that is a fifth larger.
    """
    effort: dict[str, Any] = {"compress_level": _QUICK_LEVEL} if is_quick else {"optimize": True}
    with atomic_file.replacing(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG", **effort)
