"""What a camera does to a picture: blur, tone curve, noise, JPEG."""

import dataclasses
import io

import numpy as np
from PIL import Image
from scipy import ndimage

from hps_tf.data.synthetic.style import Style

_REFERENCE_SIZE = 128
"""Image size that blurs are stated for."""

_LEAST_BLUR = 0.15
"""Pixels; less does not show."""

_CONTRAST = (0.85, 1.15)


@dataclasses.dataclass(frozen=True)
class Development:
    """How pictures of one camera come out.

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
        """Turns an image `(S, S, 3)` float32 in [0, 1] into a JPEG.

        Args:
          image: The image.
          rng: Source of the noise.

        Returns:
          The encoded file.
        """
        sigma = self.blur * len(image) / _REFERENCE_SIZE
        if sigma > _LEAST_BLUR:
            image = ndimage.gaussian_filter(image, (sigma, sigma, 0), truncate=2.5)
        levels = np.linspace(0, 1, 256, dtype=np.float32)
        curve = 0.5 + self.contrast * (levels**self.gamma - 0.5)
        developed = curve[(255 * np.clip(image, 0, 1) + 0.5).astype(np.uint8)]
        grain = rng.standard_normal(image.shape[:2], np.float32)[..., None]
        developed += self.noise * grain
        buffer = io.BytesIO()
        pixels = (255 * np.clip(developed, 0, 1) + 0.5).astype(np.uint8)
        Image.fromarray(pixels).save(buffer, "JPEG", quality=self.quality)
        return buffer.getvalue()


def draw(rng: np.random.Generator, style: Style) -> Development:
    """Draws how a camera's pictures come out."""
    low, high = style.quality
    return Development(
        blur=rng.uniform(*style.blur),
        noise=rng.uniform(*style.noise),
        gamma=rng.uniform(*style.gamma),
        contrast=rng.uniform(*_CONTRAST),
        quality=int(rng.integers(low, high + 1)),
    )
