"""People over a photograph, at a size for the screen."""

import numpy as np
from PIL import Image

from hps_tf.geometry import camera
from hps_tf.visualization.overlay import overlay

_MAX_SIDE = 2048


def draw(
    photograph: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    intrinsics: np.ndarray,
    doubt: np.ndarray | None = None,
) -> np.ndarray:
    """Draws people over a photograph, which is made smaller if it is large.

    Args:
      photograph: `(H, W, 3)` uint8 RGB.
      vertices: `(P, V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices of one person.
      intrinsics: `(3, 3)` of the photograph's camera.
      doubt: `(P, V)` how unsure each vertex is, 0..1.

    Returns:
      uint8 RGB, its longer side at most 2,048 pixels.
    """
    height, width = photograph.shape[:2]
    scale = min(1.0, _MAX_SIDE / max(height, width))
    if scale < 1.0:
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        picture = Image.fromarray(photograph).resize(size[::-1], Image.Resampling.BOX)
        photograph = np.asarray(picture)
        whole = np.array([0.0, 0.0, width, height], intrinsics.dtype)
        intrinsics = camera.crop_intrinsics(intrinsics, whole, size).numpy()
    return overlay(photograph, vertices, faces, intrinsics, doubt=doubt)
