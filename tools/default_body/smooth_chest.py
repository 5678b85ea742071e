"""Smooth breasts: the nipples are replaced by a membrane through the skin around them.

The fill is linear in the rim, so applying it to the base mesh and to every morph target smooths
every shape.
"""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from tools.default_body.makehuman import BaseMesh, MakeHuman

_MOVED = 0.01  # decimetres


def smoothed(makehuman: MakeHuman, mesh: BaseMesh, fields: np.ndarray) -> np.ndarray:
    """Replaces the nipple vertices by the harmonic fill of their rim.

    Args:
      makehuman: The files.
      mesh: The base mesh.
      fields: `(..., N, 3)` positions or displacements of the base vertices.

    Returns:
      A copy of `fields`, smoothed.
    """
    patch = _patch(makehuman, mesh)
    adjacency = _adjacency(mesh)
    rim = np.setdiff1d(np.flatnonzero(adjacency[patch].sum(axis=0)), patch)
    laplacian = scipy.sparse.diags(np.asarray(adjacency.sum(axis=1)).ravel()) - adjacency
    rows = laplacian.tocsr()[patch]
    fill = scipy.sparse.linalg.spsolve(rows[:, patch].tocsc(), -rows[:, rim].toarray())
    smooth = fields.copy()
    smooth[..., patch, :] = fill @ fields[..., rim, :]
    return smooth


def _patch(makehuman: MakeHuman, mesh: BaseMesh) -> np.ndarray:
    moved = []
    for name in ("breast/nipple-size-incr", "breast/nipple-point-incr"):
        target = makehuman.target(name)
        moved.append(target.indices[np.linalg.norm(target.displacements, axis=1) > _MOVED])
    return np.intersect1d(np.concatenate(moved), mesh.body_faces)


def _adjacency(mesh: BaseMesh) -> scipy.sparse.csr_array:
    edges = np.concatenate([mesh.body_faces[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    ones, size = np.ones(len(edges)), len(mesh.vertices)
    upper = scipy.sparse.coo_array((ones, tuple(edges.T)), shape=(size, size))
    return (upper + upper.T).tocsr()
