"""Procedural textures: colours as a function of place, in two or three dimensions."""

import dataclasses

import numpy as np

from hps_tf.data.synthetic import style as styles
from hps_tf.data.synthetic.style import Style

_PATTERNS = ("gradient", "stripes", "checks", "blotches", "camouflage")
_NUM_WAVES = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Texture:
    """Two colours and the pattern that they form.

    Attributes:
      pattern: Its kind.
      colours: `(2, 3)` sRGB.
      waves: `(W, D)` cycles a unit of length along each axis.
      phases: `(W,)` in cycles.
      share: Of the second colour.
    """

    pattern: str
    colours: np.ndarray
    waves: np.ndarray
    phases: np.ndarray
    share: float

    def paint(self, points: np.ndarray) -> np.ndarray:
        """Gives the colours `(..., 3)` float32 at points `(..., D)`."""
        first, second = self.colours.astype(np.float32)
        if self.pattern == "plain":
            return np.broadcast_to(first, (*points.shape[:-1], 3))
        return first + self._mixture(points.astype(np.float32))[..., None] * (second - first)

    def _mixture(self, points: np.ndarray) -> np.ndarray:
        cycles = points @ self.waves.T.astype(np.float32) + self.phases.astype(np.float32)
        if self.pattern == "gradient":
            return np.abs(cycles[..., 0] % 2 - 1)
        if self.pattern == "stripes":
            return (cycles[..., 0] % 1 < self.share).astype(np.float32)
        if self.pattern == "checks":
            return (cycles[..., :2] % 1 < self.share).mean(axis=-1, dtype=np.float32)
        height = np.cos(2 * np.pi * cycles).sum(axis=-1) / np.sqrt(_NUM_WAVES / 2)
        if self.pattern == "camouflage":
            return (height > 1 - 2 * self.share).astype(np.float32)
        return np.clip(0.5 + 0.4 * height, 0, 1)


def draw(
    rng: np.random.Generator,
    style: Style,
    wavelength: tuple[float, float],
    dimensions: int,
    base: np.ndarray | None = None,
) -> Texture:
    """Draws a texture.

    Args:
      rng: Source of randomness.
      style: Whose colours and how often plain.
      wavelength: From the finest to the coarsest pattern, in the unit of the points to paint.
      dimensions: 2 or 3.
      base: `(3,)` the first colour, if it is given.

    Returns:
      The texture.
    """
    pattern = "plain"
    if rng.uniform() < style.pattern:
        pattern = str(rng.choice(_PATTERNS))
    first = styles.colour(rng, style) if base is None else base
    length = np.exp(rng.uniform(*np.log(wavelength)))
    if pattern == "gradient":
        length = wavelength[1] * rng.uniform(2, 4)
    directions = rng.normal(size=(_NUM_WAVES, dimensions))
    if pattern in ("stripes", "checks"):
        directions[:2] = _along_axes(rng, dimensions)
        length = np.sqrt(length * wavelength[0])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return Texture(
        pattern,
        np.stack([first, styles.colour(rng, style)]),
        directions / length * rng.uniform(0.7, 1.3, (_NUM_WAVES, 1)),
        rng.uniform(size=_NUM_WAVES),
        rng.uniform(0.25, 0.75),
    )


def _along_axes(rng: np.random.Generator, dimensions: int) -> np.ndarray:
    """Two directions of woven patterns: mostly upright and level, sometimes slanting."""
    turn = 0.0 if rng.uniform() < 0.7 else rng.uniform(0, np.pi)
    plane = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    if rng.uniform() < 0.5:
        plane = plane[::-1]
    return np.pad(plane, [(0, 0), (0, dimensions - 2)])
