"""Part labels and shaded colour of rasterised pixels.

Convention: colours are sRGB in [0, 1], images RGB uint8; light is added up in linear intensities.
The light shines in the camera frame of OpenCV (x right, y down, z forward).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hps_tf.geometry import checks
from hps_tf.rendering.colour import linear_to_srgb, srgb_to_linear, to_uint8
from hps_tf.rendering.mesh import vertex_normals
from hps_tf.rendering.rasterizer import BACKGROUND, Raster


class Light(NamedTuple):
    """A distant lamp and, from all around, a brighter sky than ground.

        image = shade(raster, vertices, faces, colours=1, background=0, light=Light(lamp=1.0))

    Attributes:
      direction: Towards the lamp, in the camera frame; any length.
      lamp: Intensity on a surface that faces the lamp; 1 shows a colour as it is.
      sky: Intensity on a surface that faces up.
      ground: Intensity on a surface that faces down.
    """

    direction: tuple[float, float, float] = (-0.5, -0.7, -0.8)
    lamp: float = 0.75
    sky: float = 0.35
    ground: float = 0.15


def part_labels(raster: Raster, face_parts: np.ndarray) -> np.ndarray:
    """Labels every pixel with the body part it sees.

    Args:
      raster: `(..., H, W)` from `rasterize`.
      face_parts: `(F,)` uint8 part of each triangle, 1..14.

    Returns:
      `(..., H, W)` uint8, 0 on the background.
    """
    checks.shape("face_parts", face_parts, ("faces",))
    return np.append(face_parts, 0).astype(np.uint8)[raster.triangles]


def interpolate(raster: Raster, faces: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Spreads per-vertex values over the image.

    Args:
      raster: `(..., H, W)` from `rasterize`.
      faces: `(F, 3)` vertex indices.
      values: `(..., V, C)`, with the batch axes of `raster` or none.

    Returns:
      `(..., H, W, C)` float64, 0 on the background.
    """
    checks.shape("values", values, (..., "vertices", "channels"))
    batch = raster.triangles.shape[:-2]
    seen = np.nonzero(raster.triangles != BACKGROUND)
    corners = faces[raster.triangles[seen]]
    image = tuple(axis[:, None] for axis in seen[: len(batch)])
    at_corners = np.broadcast_to(values, (*batch, *values.shape[-2:]))[*image, corners]
    result = np.zeros((*raster.triangles.shape, values.shape[-1]))
    result[seen] = np.einsum("ni,nic->nc", raster.barycentrics[seen], at_corners)
    return result


def shade(
    raster: Raster,
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    colours: npt.ArrayLike,
    background: npt.ArrayLike,
    light: Light | None = None,
) -> np.ndarray:
    """Paints the image with smooth diffuse shading.

    Args:
      raster: `(..., H, W)` from ``rasterize(vertices, faces, ...)``.
      vertices: `(..., V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices.
      colours: `(3,)` one colour or `(F, 3)` one a triangle, sRGB in [0, 1].
      background: `(3,)` one colour or `(..., H, W, 3)` an image, sRGB in [0, 1].
      light: The light; by default a lamp up left behind the camera.

    Returns:
      `(..., H, W, 3)` uint8 RGB.
    """
    checks.shape("vertices", vertices, (..., "vertices", 3))
    light = light or Light()
    normals = interpolate(raster, faces, vertex_normals(vertices, faces))
    seen = raster.triangles != BACKGROUND
    triangle_colours = np.broadcast_to(colours, (len(faces), 3))
    linear = srgb_to_linear(triangle_colours)[raster.triangles[seen]]
    image = np.array(np.broadcast_to(background, (*raster.triangles.shape, 3)), np.float64)
    image[seen] = linear_to_srgb(linear * _intensity(normals[seen], light)[:, None])
    return to_uint8(image)


def lit_vertices(
    vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray, light: Light | None = None
) -> np.ndarray:
    """Shades vertices, to be spread over pixels: less exact than `shade`, and many times cheaper.

    Args:
      vertices: `(V, 3)` in the camera frame, metres.
      faces: `(F, 3)` vertex indices.
      colours: `(V, 3)` sRGB in [0, 1].
      light: The light; by default a lamp up left behind the camera.

    Returns:
      `(V, 3)` sRGB in [0, 1].
    """
    intensity = _intensity(vertex_normals(vertices, faces), light or Light())
    return linear_to_srgb(srgb_to_linear(colours) * intensity[:, None])


def _intensity(normals: np.ndarray, light: Light) -> np.ndarray:
    lengths = np.linalg.norm(normals, axis=-1, keepdims=True)
    units = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    facing_lamp = units @ (np.asarray(light.direction) / np.linalg.norm(light.direction))
    facing_up = (1 - units[:, 1]) / 2
    around = light.ground + (light.sky - light.ground) * facing_up
    return around + light.lamp * np.maximum(facing_lamp, 0)
