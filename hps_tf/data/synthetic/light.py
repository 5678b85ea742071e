"""The light on a person: a distant lamp and light from all around.

Convention: camera frame of OpenCV (x right, y down, z forward).
"""

from typing import NamedTuple

import numpy as np

from hps_tf.data.synthetic.style import Style

_GAMMA = 2.2


class ColouredLight(NamedTuple):
    """The lamps of a picture.

    Attributes:
      direction: `(3,)` unit vector towards the lamp.
      lamp: `(3,)` linear RGB intensity on a surface that faces the lamp; 1 shows its colour.
      sky: `(3,)` intensity on a surface that faces up.
      ground: `(3,)` intensity on a surface that faces down.
    """

    direction: np.ndarray
    lamp: np.ndarray
    sky: np.ndarray
    ground: np.ndarray

    def shade(self, colours: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """Lights surfaces diffusely.

        Args:
          colours: `(N, 3)` sRGB in [0, 1].
          normals: `(N, 3)` of any length but zero.

        Returns:
          `(N, 3)` sRGB, not yet cut at 1.
        """
        units = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
        facing_lamp = np.maximum(units @ self.direction, 0)[:, None]
        facing_up = (0.5 - 0.5 * units[:, 1])[:, None]
        intensity = self.ground + (self.sky - self.ground) * facing_up + self.lamp * facing_lamp
        # The sRGB curve is nearly a power, and powers of products are products of powers.
        return colours * intensity ** (1 / _GAMMA)


def draw(rng: np.random.Generator, style: Style) -> ColouredLight:
    """Draws a light, mostly from above and from the camera's side."""
    direction = rng.normal(size=3) * (1.0, 0.8, 0.8) + (0.0, -0.8, -0.7)
    sky = rng.uniform(*style.ambient)
    return ColouredLight(
        direction / np.linalg.norm(direction),
        rng.uniform(*style.lamp) * _tinted(rng, style),
        sky * _tinted(rng, style),
        sky * rng.uniform(0.4, 0.9) * _tinted(rng, style),
    )


def _tinted(rng: np.random.Generator, style: Style) -> np.ndarray:
    return 1 + rng.uniform(-style.tint, style.tint, 3)
