"""Effects of a camera's sensor on a picture: blur, tone curve, noise, JPEG."""

import dataclasses
import io
import math

import numpy as np
from PIL import Image, ImageFilter

from hps_tf.data.synthetic.style import Style

_REFERENCE_SIZE = 128
"""Image size that blurs are stated for."""

_LEAST_BLUR = 0.15
"""Pixels; less does not show."""

_CONTRAST = (0.85, 1.15)


@dataclasses.dataclass(frozen=True)
class SensorEffects:
    """The effects of one camera.

    Attributes:
      blur: Standard deviation, pixels of a 128-pixel image.
      noise: Standard deviation, of the brightness range.
      gamma: Exponent of the tone curve.
      contrast: Slope about middle grey.
      quality: Of the JPEG.
    """

    blur: float
    noise: float
    gamma: float
    contrast: float
    quality: int

    def jpeg(self, image: np.ndarray, rng: np.random.Generator) -> bytes:
        """Applies the effects and encodes the result.

        Args:
          image: `(S, S, 3)` uint8.
          rng: Source of the noise.

        Returns:
          The JPEG file.
        """
        picture = Image.fromarray(image)
        variance = (self.blur * len(image) / _REFERENCE_SIZE) ** 2
        if variance > _LEAST_BLUR**2:
            # The box of that variance.
            picture = picture.filter(ImageFilter.BoxBlur((math.sqrt(12 * variance + 1) - 1) / 2))
        grain = 255 * self.noise * rng.standard_normal(image.shape[:2], np.float32)
        pixels = self._curve()[np.asarray(picture)] + np.rint(grain).astype(np.int16)[..., None]
        buffer = io.BytesIO()
        finished = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        finished.save(buffer, "JPEG", quality=self.quality)
        return buffer.getvalue()

    def _curve(self) -> np.ndarray:
        """The tone curve: `(256,)` new level of each level."""
        levels = np.linspace(0, 1, 256)
        return np.rint(255 * (0.5 + self.contrast * (levels**self.gamma - 0.5))).astype(np.int16)


def draw(rng: np.random.Generator, style: Style) -> SensorEffects:
    """Draws the effects of a camera of a style."""
    low, high = style.quality
    return SensorEffects(
        blur=rng.uniform(*style.blur),
        noise=rng.uniform(*style.noise),
        gamma=rng.uniform(*style.gamma),
        contrast=rng.uniform(*_CONTRAST),
        quality=int(rng.integers(low, high + 1)),
    )
