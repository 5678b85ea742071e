"""Soft light from a bright sky, with shadows.

The sky is a set of distant lamps. Each casts shadows by a shadow map (Williams 1978): the scene's
depth as seen from the lamp; a point farther away than that lies in shadow.

Convention: world frame y up, metres; intensities are linear.
"""

from typing import NamedTuple

import numpy as np

from hps_tf.rendering import rasterize

_MAP_PIXEL = 0.02
"""Side of a shadow map's pixel, metres."""

_LAMP_DISTANCE = 50.0
"""In radii of the scene."""

_EXPOSURE = 1.25
"""Intensity of the studio's light on a free surface that faces its brightest region."""


class Sky(NamedTuple):
    """Distant lamps.

    Attributes:
      directions: `(L, 3)` unit vectors towards them.
      intensities: `(L,)` each one's intensity on a surface that faces it.
    """

    directions: np.ndarray
    intensities: np.ndarray


def studio() -> Sky:
    """A wide soft lamp up to the person's right, a pale dome, and light off the floor."""
    dome, bounce = _hemisphere(40), _hemisphere(8) * (1, -1, 1)
    lamp = np.array([-0.42, 0.58, 0.70])
    above = 0.25 + 0.25 * dome[:, 1] + 5.0 * np.exp(8.0 * (dome @ lamp - 1))
    directions = np.concatenate([dome, bounce])
    intensities = np.concatenate([above / len(dome), np.full(len(bounce), 0.25 / len(bounce))])
    unshadowed = np.ones((len(directions), len(directions)))
    brightest = irradiance(directions, unshadowed, Sky(directions, intensities)).max()
    return Sky(directions, _EXPOSURE / brightest * intensities)


def _hemisphere(count: int) -> np.ndarray:
    """Evenly spread directions with y > 0 (half a Fibonacci lattice)."""
    index = np.arange(count)
    y = 1 - (index + 0.5) / count
    angle = index * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - y**2)
    return np.stack([radius * np.cos(angle), y, radius * np.sin(angle)], axis=-1)


def irradiance(normals: np.ndarray, visibility: np.ndarray, sky: Sky) -> np.ndarray:
    """Adds up the light that surfaces receive (Lambert's cosine law).

    Args:
      normals: `(N, 3)` unit normals.
      visibility: `(L, N)` share of each lamp's light that reaches each surface.
      sky: The lamps.

    Returns:
      `(N,)` linear intensities.
    """
    cosines = np.maximum(sky.directions @ normals.T, 0)
    return sky.intensities @ (cosines * visibility)


def visibility(
    points: np.ndarray, vertices: np.ndarray, faces: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """Finds how much of the light from afar a mesh lets through to points.

    Args:
      points: `(N, 3)` in the world, metres; about a centimetre off any surface of the mesh.
      vertices: `(V, 3)` of the mesh that casts shadows.
      faces: `(F, 3)` vertex indices.
      directions: `(L, 3)` unit vectors towards the lamps.

    Returns:
      `(L, N)` shares in [0, 1]; shadows have edges a pixel of the shadow map wide.
    """
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    radius = np.linalg.norm(vertices - centre, axis=1).max()
    size = int(np.ceil(2 * radius / _MAP_PIXEL))
    focal = _LAMP_DISTANCE * size / 2
    middle = (size - 1) / 2
    intrinsics = np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]])
    shares = np.empty((len(directions), len(points)))
    for share, direction in zip(shares, directions, strict=True):
        rotation = _facing(direction)
        lamp = centre + _LAMP_DISTANCE * radius * direction
        in_lamp_frame = (vertices - lamp) @ rotation.T
        depth = rasterize(in_lamp_frame, faces, intrinsics, (size, size)).depth
        x, y, z = ((points - lamp) @ rotation.T).T
        share[:] = _share_before(z, depth, focal * x / z + middle, focal * y / z + middle)
    return shares


def _facing(direction: np.ndarray) -> np.ndarray:
    """World to a camera frame that looks against `direction`."""
    reference = (0.0, 1.0, 0.0) if abs(direction[1]) < 0.9 else (1.0, 0.0, 0.0)
    right = np.cross(direction, reference)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(-direction, right), -direction])


def _share_before(
    z: np.ndarray, depth: np.ndarray, columns: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Share, of the four pixels around each place, where z is before the depth (bilinear)."""
    bordered = np.pad(depth, 1, constant_values=np.inf)
    places = np.clip([columns + 1, rows + 1], 0, len(depth))
    left, top = np.floor(places).astype(np.int64)
    across, down = places - (left, top)
    upper, lower = (
        (1 - across) * (z <= bordered[row, left]) + across * (z <= bordered[row, left + 1])
        for row in (top, top + 1)
    )
    return (1 - down) * upper + down * lower
