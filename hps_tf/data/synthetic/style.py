"""Image domains: how pictures look and which cameras take them; poses do not depend on them.

Convention: a pair is the range of a uniform draw; colours are sRGB in [0, 1].
"""

import colorsys
import dataclasses

import numpy as np

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Style:
    """One image domain.

        style = STYLES["a"]  # Style(...)

    Attributes:
      focal_length: Of the camera, in sides of its full frame.
      pitch: By how much the camera looks down, degrees.
      saturation: Of clothes and background.
      value: Their brightness.
      lamp: Intensity of the lamp.
      ambient: Intensity of the light from all around.
      tint: Largest difference of a light's colour from white.
      pattern: Share of clothes and objects that have a pattern.
      clutter: Mean number of objects in a drawn background.
      occlusion: Share of people behind an occluder.
      blur: Standard deviation of the lens's blur, pixels of a 128-pixel image.
      noise: Standard deviation of the sensor's noise, of the brightness range.
      gamma: Exponent of the tone curve.
      quality: Of the JPEG.
    """

    focal_length: Range
    pitch: Range
    saturation: Range
    value: Range
    lamp: Range
    ambient: Range
    tint: float
    pattern: float
    clutter: float
    occlusion: float
    blur: Range
    noise: Range
    gamma: Range
    quality: tuple[int, int]


STYLES = {
    "a": Style(
        focal_length=(1.0, 1.8),
        pitch=(-10.0, 20.0),
        saturation=(0.05, 0.6),
        value=(0.25, 0.95),
        lamp=(0.35, 0.85),
        ambient=(0.25, 0.55),
        tint=0.08,
        pattern=0.45,
        clutter=6.0,
        occlusion=0.25,
        blur=(0.0, 0.5),
        noise=(0.0, 0.02),
        gamma=(0.85, 1.15),
        quality=(75, 95),
    ),
    "b": Style(
        focal_length=(1.7, 2.8),
        pitch=(5.0, 35.0),
        saturation=(0.5, 1.0),
        value=(0.15, 1.0),
        lamp=(0.7, 1.4),
        ambient=(0.06, 0.2),
        tint=0.3,
        pattern=0.75,
        clutter=18.0,
        occlusion=0.45,
        blur=(0.2, 0.8),
        noise=(0.02, 0.06),
        gamma=(0.9, 1.4),
        quality=(40, 80),
    ),
}
"""Two domains that differ plainly: daylight in muted colours, and night in gaudy ones."""


def colour(rng: np.random.Generator, style: Style) -> np.ndarray:
    """Draws a colour `(3,)` of clothes or things."""
    hue, saturation, value = (
        rng.uniform(),
        rng.uniform(*style.saturation),
        rng.uniform(*style.value),
    )
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))
