"""The shadow of people on the floor under a soft box overhead: sharp at the feet, then fading.

The body is cut into layers by height; a layer's silhouette, seen from below, is blurred in
proportion to its height, as an area light of constant angular size would.

Convention: world frame y up, metres; light is linear, 1 where nothing is shadowed.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from hps_tf.rendering import rasterize

_STEP = 0.02
"""Side of a floor cell, metres."""

_MARGIN = 0.9
"""How far beyond the body the floor may be in shadow, metres."""

_LAYER_TOPS = (0.06, 0.16, 0.36, 0.8, np.inf)
_BLURS = (0.03, 0.06, 0.10, 0.16, 0.26)
"""Upper end of each layer and standard deviation of its blur, metres."""

_DARKNESS = 0.75
"""Share of light that the soft box gives, the rest comes from all around."""

_FAR = 1000.0
"""Distance of the camera below the floor, metres: nearly a parallel projection."""


class FloorShadow(NamedTuple):
    """Light on a grid of floor cells.

    Attributes:
      light: `(X, Z)` linear light, along x and z.
      origin: `(2,)` x and z of the first cell's centre, metres.
      height: Of the floor, metres.
    """

    light: np.ndarray
    origin: np.ndarray
    height: float

    def at(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Interpolated light at points of the floor; 1 beyond the grid."""
        cells = [(x - self.origin[0]) / _STEP, (z - self.origin[1]) / _STEP]
        return ndimage.map_coordinates(self.light, cells, order=1, cval=1.0)


def cast(vertices: np.ndarray, faces: np.ndarray, height: float) -> FloorShadow:
    """Casts the shadow of a mesh.

    Args:
      vertices: `(V, 3)` in the world, metres.
      faces: `(F, 3)` vertex indices.
      height: Of the floor, metres.

    Returns:
      The light that remains.
    """
    low = vertices.min(axis=0)[[0, 2]] - _MARGIN
    high = vertices.max(axis=0)[[0, 2]] + _MARGIN
    num_x, num_z = np.ceil((high - low) / _STEP).astype(int) + 1
    # The camera looks up from far below: its x is the world's x, its y the world's z.
    seen = vertices[:, [0, 2, 1]] - (*low, height - _FAR)
    focal = _FAR / _STEP
    intrinsics = np.array([[focal, 0, 0], [0, focal, 0], [0, 0, 1]])
    heights = rasterize(seen, faces, intrinsics, (num_z, num_x)).depth.T - _FAR

    light = np.ones((num_x, num_z))
    bottom = -np.inf
    for top, blur in zip(_LAYER_TOPS, _BLURS, strict=True):
        silhouette = ((heights >= bottom) & (heights < top)).astype(np.float64)
        light *= 1 - ndimage.gaussian_filter(silhouette, blur / _STEP, mode="constant")
        bottom = top
    return FloorShadow(1 - _DARKNESS * (1 - light), low, height)
