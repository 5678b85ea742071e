"""Colour values: sRGB as files and palettes hold them, linear intensities as light adds up."""

from collections.abc import Sequence

import numpy as np

#: `(7, 3)` sRGB colours of people beside one another; an eighth has the first again.
PERSON_COLOURS = (
    np.array(
        [
            [0x7F, 0xB3, 0xE6],
            [0xF2, 0xC0, 0x57],
            [0xE5, 0x8F, 0xB0],
            [0x3F, 0x9A, 0x72],
            [0xDE, 0xD6, 0xFF],
            [0xB5, 0x65, 0x3A],
            [0x3F, 0x6F, 0xA8],
        ]
    )
    / 255
)


def srgb_to_linear(colour: np.ndarray) -> np.ndarray:
    """Linear intensities of sRGB values in [0, 1] (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(intensity: np.ndarray) -> np.ndarray:
    """SRGB values of linear intensities; values above 1 are clipped (IEC 61966-2-1)."""
    cut = np.clip(intensity, 0, 1)
    return np.where(cut <= 0.0031308, cut * 12.92, 1.055 * cut ** (1 / 2.4) - 0.055)


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Rounds an image in [0, 1] to uint8."""
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def to_tuple(rgb: Sequence[float] | np.ndarray) -> tuple[int, ...]:
    """Gives an sRGB colour in [0, 1], `(3,)`, as Pillow takes it: three integers up to 255."""
    return tuple(to_uint8(np.asarray(rgb)).tolist())
