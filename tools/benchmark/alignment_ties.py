"""Vertices at which the alignment loss has no gradient, since a nearest point isn't the only one.

There the loss has a kink, each of the equally near points gives a subgradient, and two
implementations may rightly choose different ones.
"""

import numpy as np
from scipy.spatial import cKDTree

from tools.benchmark.alignment_peers import matched_parts
from tools.benchmark.alignment_people import People

_MARGIN = 1e-6
"""Distances that differ by less, relative to the farther one, count as equal: float32 rounds."""


def tied_vertices(people: People, image: int) -> np.ndarray:
    """Finds the vertices whose gradient hangs on a choice between equally near points.

    Args:
      people: The batch.
      image: Which image of it.

    Returns:
      `(V,)` bool: two pixels are nearest to the vertex, or it is one of several vertices nearest
      to a pixel.
    """
    is_tied = np.zeros(people.vertices_2d.shape[1], bool)
    for members, points, pixels in matched_parts(people, image):
        is_tied[members] |= _has_ties(points, pixels)
        tied_pixels = pixels[_has_ties(pixels, points)]
        if len(tied_pixels):
            tree = cKDTree(points)
            reach = tree.query(tied_pixels)[0] * (1 + _MARGIN)
            for nearest in tree.query_ball_point(tied_pixels, reach):
                is_tied[members[nearest]] = True
    return is_tied


def _has_ties(queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Whether two candidates are nearest to each query, `(Q,)` bool."""
    nearest, second = cKDTree(candidates).query(queries, k=2)[0].T
    return second <= nearest * (1 + _MARGIN)
