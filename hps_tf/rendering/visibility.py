"""Vertices that the camera sees, by the z-buffer.

Convention: camera frame as OpenCV (x right, y down, z forward), metres; pixel centres at integers.
The result serves as `vertex_weights` of `hps_tf.losses.alignment_loss`.
"""

import numpy as np

from hps_tf.geometry import checks
from hps_tf.rendering.rasterizer import NEAR


def visible_vertices(
    vertices: np.ndarray, intrinsics: np.ndarray, depth: np.ndarray, tolerance: float = 0.02
) -> np.ndarray:
    """Finds the vertices of meshes that are seen.

    A vertex is seen if it projects between the centres of the image's pixels, and one of the four
    around it sees nothing that is nearer by more than the tolerance: between pixels, slanted
    surfaces are nearer or farther than at their centres.

    Args:
      vertices: `(..., V, 3)` in the camera frame, metres.
      intrinsics: `(3, 3)` or `(..., 3, 3)` camera matrices, pixels.
      depth: `(..., H, W)` of the same meshes and cameras, from `hps_tf.rendering.rasterize`.
      tolerance: By how much a seen vertex may lie behind what a pixel sees, metres.

    Returns:
      `(..., V)` bool.

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("vertices", vertices, (..., "vertices", 3))
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    checks.shape("depth", depth, (..., "height", "width"))
    height, width = depth.shape[-2:]
    projected = np.asarray(vertices, np.float64) @ np.swapaxes(intrinsics, -1, -2)
    z = projected[..., 2]
    is_in_front = z >= NEAR
    pixels = projected[..., :2] / np.where(is_in_front, z, 1.0)[..., np.newaxis]
    is_inside = is_in_front & (pixels >= 0).all(-1) & (pixels <= (width - 1, height - 1)).all(-1)

    corners = np.where(is_inside[..., np.newaxis], pixels, 0.0)
    low, high = np.floor(corners).astype(int), np.ceil(corners).astype(int)
    flat_depth = depth.reshape(*depth.shape[:-2], height * width)
    farthest = np.max(
        [
            np.take_along_axis(flat_depth, y[..., 1] * width + x[..., 0], axis=-1)
            for x in (low, high)
            for y in (low, high)
        ],
        axis=0,
    )
    return is_inside & (z <= farthest + tolerance)
