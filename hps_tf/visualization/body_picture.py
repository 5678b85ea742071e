"""A body on a floor, in soft studio light: pictures to look at.

Convention: world frame y up, people facing +z, metres; colours sRGB in [0, 1].
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hps_tf.rendering import BACKGROUND, interpolate, rasterize, vertex_normals
from hps_tf.rendering.colour import linear_to_srgb, srgb_to_linear, to_uint8
from hps_tf.visualization import palette, sky_light
from hps_tf.visualization.viewpoint import Viewpoint, framing

_SUPERSAMPLING = 2
"""Pixels a side of a block that is averaged against jagged edges."""

_LIFT = 0.012
"""How far off the skin light is gathered, metres, lest the skin shadow itself."""

_STUDIO = sky_light.studio()
_OVERHEAD = sky_light.overhead(_STUDIO.directions)

_GRID_STEP = 0.05
_GRID_MARGIN = 0.8
"""How far beyond the body the floor may be in shadow, metres."""

_BLUR = 0.08
"""Standard deviation by which the floor's shadows are softened, metres."""


def body_picture(
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    colours: npt.ArrayLike = palette.SKIN,
    view: Viewpoint | tuple[int, int] = (240, 200),
    floor: float | None = None,
) -> np.ndarray:
    """Pictures a body (or several, see `hps_tf.rendering.merge`) on a pale floor.

    Args:
      vertices: `(V, 3)` in the world, metres.
      faces: `(F, 3)` vertex indices.
      colours: `(3,)` one colour or `(F, 3)` one a triangle.
      view: The camera; or height and width, for one that frames the body from its front left.
      floor: Height of the floor, metres; by default it touches the lowest vertex.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    vertices = np.asarray(vertices, np.float64)
    floor = vertices[:, 1].min() if floor is None else floor
    view = view if isinstance(view, Viewpoint) else framing(vertices, view)
    grid = _floor_grid(vertices, floor)
    body_light, grid_light = _light(vertices, faces, grid)

    fine = view.magnified(_SUPERSAMPLING)
    raster = rasterize(fine.to_camera(vertices), faces, fine.intrinsics, fine.image_size)
    seen = raster.triangles != BACKGROUND
    face_colours = srgb_to_linear(np.broadcast_to(colours, (len(faces), 3)))
    body = face_colours[raster.triangles] * interpolate(raster, faces, body_light[:, None])

    paper = srgb_to_linear(np.array(palette.PAPER))
    backdrop = paper * _floor_light(grid, grid_light, view)[..., None]
    shown = _blocks_mean(np.where(seen[..., None], body, 0))
    uncovered = _blocks_mean(~seen[..., None])
    return to_uint8(linear_to_srgb(np.minimum(shown, 1) + uncovered * backdrop))


def _light(
    vertices: np.ndarray, faces: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Linear light `(V,)` on the vertices and `(X, Z)` on the floor, where 1 is unshadowed."""
    normals = vertex_normals(vertices, faces)
    floor_points = grid.reshape(-1, 3)
    points = np.concatenate([vertices + _LIFT * normals, floor_points])
    visible = sky_light.visibility(points, vertices, faces, _STUDIO.directions)
    on_body, on_floor = np.split(visible, [len(vertices)], axis=1)

    up = np.broadcast_to((0.0, 1.0, 0.0), floor_points.shape)
    floor_light = sky_light.irradiance(up, on_floor, _OVERHEAD).reshape(grid.shape[:2])
    # The lamps' shadows, a few dozen overlapping ones, melt into one.
    softened = ndimage.gaussian_filter(floor_light, _BLUR / _GRID_STEP, mode="nearest")
    return sky_light.irradiance(normals, on_body, _STUDIO), softened


def _floor_grid(vertices: np.ndarray, floor: float) -> np.ndarray:
    """`(X, Z, 3)` points of the floor around a body, along x and z."""
    x_low, _, z_low = vertices.min(axis=0) - _GRID_MARGIN
    x_high, _, z_high = vertices.max(axis=0) + _GRID_MARGIN
    x = np.arange(x_low, x_high, _GRID_STEP)
    z = np.arange(z_low, z_high, _GRID_STEP)
    return np.stack(np.meshgrid(x, [floor], z, indexing="ij"), axis=-1)[:, 0]


def _floor_light(grid: np.ndarray, grid_light: np.ndarray, view: Viewpoint) -> np.ndarray:
    """`(H, W)` light on the floor that pixels see; 1 beyond the grid and above the horizon."""
    height, width = view.image_size
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
    rays = pixels @ np.linalg.inv(view.intrinsics).T @ view.rotation
    downwards = rays[..., 1] < 0
    drop = grid[0, 0, 1] - view.position[1]
    reach = np.divide(drop, rays[..., 1], where=downwards, out=np.zeros((height, width)))
    met = view.position + reach[..., None] * rays
    cells = np.moveaxis((met - grid[0, 0])[..., [0, 2]] / _GRID_STEP, -1, 0)
    light = ndimage.map_coordinates(grid_light, cells, order=1, cval=1.0)
    return np.where(downwards, light, 1.0)


def _blocks_mean(image: np.ndarray) -> np.ndarray:
    height, width, channels = image.shape
    step = _SUPERSAMPLING
    return image.reshape(height // step, step, width // step, step, channels).mean(axis=(1, 3))
