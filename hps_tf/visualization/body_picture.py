"""Pictures of a body on a floor, in soft studio light.

Convention: world frame y up, people facing +z, metres; colours sRGB in [0, 1].
"""

import numpy as np
import numpy.typing as npt

from hps_tf.rendering import BACKGROUND, interpolate, rasterize, vertex_normals
from hps_tf.rendering.colour import linear_to_srgb, srgb_to_linear, to_uint8
from hps_tf.rendering.supersampling import block_mean
from hps_tf.visualization import floor_shadow, palette, sky_light
from hps_tf.visualization.viewpoint import Viewpoint, framing

_SUPERSAMPLING = 2
"""Pixels a side of a block that is averaged against jagged edges."""

_LIFT = 0.012
"""How far off the skin light is gathered, metres, lest the skin shadow itself."""

_STUDIO = sky_light.studio()


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

    Raises:
      ValueError: If a shape is wrong.
    """
    vertices = np.asarray(vertices, np.float64)
    normals = vertex_normals(vertices, faces)
    floor = vertices[:, 1].min() if floor is None else floor
    view = view if isinstance(view, Viewpoint) else framing(vertices, view)

    visible = sky_light.visibility(vertices + _LIFT * normals, vertices, faces, _STUDIO.directions)
    light = sky_light.irradiance(normals, visible, _STUDIO)
    fine = view.magnified(_SUPERSAMPLING)
    raster = rasterize(fine.to_camera(vertices), faces, fine.intrinsics, fine.image_size)
    seen = (raster.triangles != BACKGROUND)[..., None]
    face_colours = srgb_to_linear(np.broadcast_to(colours, (len(faces), 3)))
    body = face_colours[raster.triangles] * interpolate(raster, faces, light[:, None])

    shadow = floor_shadow.cast(vertices, faces, floor)
    backdrop = srgb_to_linear(np.array(palette.PAPER)) * _floor_light(shadow, view)[..., None]
    shown = block_mean(np.where(seen, np.minimum(body, 1), 0), _SUPERSAMPLING)
    return to_uint8(linear_to_srgb(shown + block_mean(~seen, _SUPERSAMPLING) * backdrop))


def _floor_light(shadow: floor_shadow.FloorShadow, view: Viewpoint) -> np.ndarray:
    """`(H, W)` light on the floor that pixels see; 1 above the horizon."""
    height, width = view.image_size
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
    rays = pixels @ np.linalg.inv(view.intrinsics).T @ view.rotation
    downwards = rays[..., 1] < 0
    drop = shadow.height - view.position[1]
    reach = np.divide(drop, rays[..., 1], where=downwards, out=np.zeros((height, width)))
    met = view.position + reach[..., None] * rays
    return np.where(downwards, shadow.at(met[..., 0], met[..., 2]), 1.0)
