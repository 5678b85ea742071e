"""Averages of supersampled images."""

import numpy as np


def block_mean(image: np.ndarray, step: int) -> np.ndarray:
    """Averages square blocks of pixels.

    Args:
      image: `(H · step, W · step, C)`.
      step: Side of a block in pixels.

    Returns:
      `(H, W, C)`.
    """
    height, width, channels = image.shape
    return image.reshape(height // step, step, width // step, step, channels).mean(axis=(1, 3))
