"""The camera of an image of which nothing but the size is known."""

import numpy as np


def intrinsics(size: tuple[int, int], focal_length: float | None = None) -> np.ndarray:
    """Supposes a camera: the image's diagonal as focal length, the middle as principal point.

    That is a field of view of 53 degrees from corner to corner.

    Args:
      size: Height and width of the image.
      focal_length: In pixels, where it is known.

    Returns:
      `(3, 3)` intrinsics, pixels with centres at integers.
    """
    height, width = size
    if focal_length is None:
        focal_length = float(np.hypot(height, width))
    return np.array(
        [
            [focal_length, 0.0, (width - 1) / 2],
            [0.0, focal_length, (height - 1) / 2],
            [0.0, 0.0, 1.0],
        ]
    )
