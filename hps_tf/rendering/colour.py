"""Colour values: sRGB as files and palettes hold them, linear intensities as light adds up."""

import numpy as np


def srgb_to_linear(colour: np.ndarray) -> np.ndarray:
    """Linear intensities of sRGB values in [0, 1] (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(intensity: np.ndarray) -> np.ndarray:
    """SRGB values of linear intensities; what exceeds 1 is cut (IEC 61966-2-1)."""
    cut = np.clip(intensity, 0, 1)
    return np.where(cut <= 0.0031308, cut * 12.92, 1.055 * cut ** (1 / 2.4) - 0.055)


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Rounds an image in [0, 1] to uint8."""
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)
