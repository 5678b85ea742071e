"""Triangle meshes as the renderer sees them.

Convention: `faces` `(F, 3)` holds vertex indices, counter-clockwise seen from outside, so that the
cross product of a triangle's first two edges points outwards in any right-handed frame.
"""

import math

import numpy as np

from hps_tf.geometry import checks


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Smooth unit normals: the sum of the adjacent triangles' normals, weighted by area.

    Args:
      vertices: `(..., V, 3)` positions.
      faces: `(F, 3)` vertex indices.

    Returns:
      `(..., V, 3)` float64 outward unit normals in the frame of `vertices`; zero at a vertex that
      belongs to no triangle of positive area.

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("vertices", vertices, (..., "vertices", 3))
    checks.shape("faces", faces, ("faces", 3))
    *batch, num_vertices, _ = vertices.shape
    num_meshes = math.prod(batch)
    corners = np.asarray(vertices, np.float64).reshape(num_meshes, num_vertices, 3)[:, faces]
    doubled_areas = np.cross(
        corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
    )
    owners = (faces + num_vertices * np.arange(num_meshes)[:, None, None]).ravel()
    sums = [
        np.bincount(owners, np.repeat(doubled_areas[..., axis], 3), num_meshes * num_vertices)
        for axis in range(3)
    ]
    normals = np.stack(sums, axis=-1).reshape(vertices.shape)
    lengths = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)


def merge(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joins people who share their triangles into one mesh, to be composited by depth.

    Triangle `t` of the joined mesh is triangle `t % F` of person `t // F`; a per-triangle array
    of one person becomes one of all by ``np.tile(array, P)``.

    Args:
      vertices: `(..., P, V, 3)` positions of P people in one frame.
      faces: `(F, 3)` vertex indices of a single person.

    Returns:
      Vertices `(..., P·V, 3)` and faces `(P·F, 3)`.

    Raises:
      ValueError: If a shape is wrong.
    """
    checks.shape("vertices", vertices, (..., "people", "vertices", 3))
    checks.shape("faces", faces, ("faces", 3))
    *batch, num_people, num_vertices, _ = vertices.shape
    offsets = num_vertices * np.arange(num_people)
    joined_faces = (faces + offsets[:, None, None]).reshape(-1, 3)
    return vertices.reshape(*batch, num_people * num_vertices, 3), joined_faces
