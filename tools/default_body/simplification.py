"""Levels of detail: a simplified mesh whose vertices are points of the full surface.

Each vertex of the simplified mesh is replaced by the closest point of the full surface, given by a
triangle and barycentric coordinates; these carry every attribute over.
"""

from typing import NamedTuple

import fast_simplification
import numpy as np
from scipy.spatial import cKDTree

from hps_tf.errors import InputError

_COLLAPSE_AGGRESSION = 3
_NEAREST_VERTICES = 6


class Level(NamedTuple):
    """A level of detail.

    Attributes:
      faces: `(F, 3)` indices into the level's own vertices.
      corners: `(V, 3)` full-mesh vertices of the triangle each vertex lies on.
      barycentric: `(V, 3)` its place in that triangle.
    """

    faces: np.ndarray
    corners: np.ndarray
    barycentric: np.ndarray

    def carry(self, attribute: np.ndarray) -> np.ndarray:
        """Interpolates a full-mesh attribute `(N, ...)` at the level's vertices, `(V, ...)`."""
        return np.einsum("vk,vk...->v...", self.barycentric, attribute[self.corners])


def simplify(vertices: np.ndarray, faces: np.ndarray, num_vertices: int) -> Level:
    """Simplifies a closed surface of genus zero by quadric edge collapse.

    Args:
      vertices: `(N, 3)`.
      faces: `(F, 3)`.
      num_vertices: Vertices wanted. By Euler's formula they take `2 * num_vertices - 4` triangles.

    Returns:
      The level, with exactly `num_vertices` vertices.

    Raises:
      InputError: If the collapse stops at another number of vertices.
    """
    points, level_faces = fast_simplification.simplify(
        vertices.astype(np.float32),
        faces.astype(np.int32),
        target_count=2 * num_vertices - 4,
        agg=_COLLAPSE_AGGRESSION,
    )
    if len(points) != num_vertices:
        raise InputError(
            f"fast_simplification: expected {num_vertices} vertices, received {len(points)}"
        )
    return Level(level_faces, *closest_points(vertices, faces, points.astype(np.float64)))


def closest_points(
    vertices: np.ndarray, faces: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the closest point of a surface among the triangles at each point's nearest vertices.

    Args:
      vertices: `(N, 3)`.
      faces: `(F, 3)`.
      points: `(P, 3)` points near the surface.

    Returns:
      The triangles' vertices `(P, 3)` and the barycentric coordinates `(P, 3)`.
    """
    incident: list[list[int]] = [[] for _ in vertices]
    for face, corners in enumerate(faces):
        for vertex in corners:
            incident[vertex].append(face)
    _, nearest = cKDTree(vertices).query(points, k=_NEAREST_VERTICES)
    candidates = [np.unique(np.concatenate([incident[v] for v in row])) for row in nearest]
    owner = np.repeat(np.arange(len(points)), [len(faces_of) for faces_of in candidates])
    triangle = np.concatenate(candidates)

    barycentric, distance = _closest_on_triangles(vertices[faces[triangle]], points[owner])
    order = np.lexsort((distance, owner))
    best = order[np.unique(owner[order], return_index=True)[1]]
    return faces[triangle[best]], barycentric[best]


def _closest_on_triangles(
    triangles: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns barycentric coordinates `(T, 3)` and distances `(T,)` of the closest points."""
    options = [_inside(triangles, points)]
    for start, end in ((0, 1), (1, 2), (2, 0)):
        edge = triangles[:, end] - triangles[:, start]
        along = np.sum((points - triangles[:, start]) * edge, axis=1) / np.sum(edge**2, axis=1)
        along = np.clip(along, 0.0, 1.0)
        option = np.zeros((len(points), 3))
        option[:, start], option[:, end] = 1.0 - along, along
        options.append(option)
    barycentric = np.stack(options)
    positions = np.einsum("otk,tkc->otc", barycentric, triangles)
    distances = np.linalg.norm(positions - points, axis=-1)
    distances[0, np.any(barycentric[0] < 0.0, axis=1)] = np.inf
    best = distances.argmin(axis=0)
    rows = np.arange(len(points))
    return barycentric[best, rows], distances[best, rows]


def _inside(triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Returns the barycentric coordinates of the projections onto the triangles' planes."""
    first, second, third = np.moveaxis(triangles, 1, 0)
    normal = np.cross(second - first, third - first)
    squared = np.sum(normal**2, axis=1)
    of_third = np.sum(np.cross(second - first, points - first) * normal, axis=1) / squared
    of_second = np.sum(np.cross(points - first, third - first) * normal, axis=1) / squared
    return np.stack([1.0 - of_second - of_third, of_second, of_third], axis=1)
