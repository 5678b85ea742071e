"""The vertices of each body part, in tiles of fixed size for the alignment loss."""

import functools
from typing import NamedTuple

import numpy as np

from hps_tf.body.parts import NUM_PARTS

TILE_SIZE = 128
"""Vertices of a tile."""


class VertexTiles(NamedTuple):
    """Where each vertex lies in tiles that hold vertices of a single part each.

    Attributes:
      vertices: `(N S,)` int32 vertex of each place; V where there is none.
      places: `(V,)` int32 place of each vertex; `N S` of one that is of no part.
      parts: `(N,)` int32 part of each tile.
      first_tiles: `(15,)` int32 where the tiles of each label begin.
      num_tiles: `(15,)` int32 how many they are; 0 for the background.
    """

    vertices: np.ndarray
    places: np.ndarray
    parts: np.ndarray
    first_tiles: np.ndarray
    num_tiles: np.ndarray


def tiles_of_parts(vertex_parts: np.ndarray) -> VertexTiles:
    """Lays the vertices out, keeping their order within a part.

    Args:
      vertex_parts: `(V,)` labels.

    Returns:
      The layout.
    """
    parts = np.ascontiguousarray(vertex_parts, np.int32)
    return _tiles_of_parts(parts.tobytes())


@functools.lru_cache(maxsize=16)
def _tiles_of_parts(content: bytes) -> VertexTiles:
    vertex_parts = np.frombuffer(content, np.int32)
    counts = np.bincount(vertex_parts, minlength=NUM_PARTS + 1)[: NUM_PARTS + 1]
    counts[0] = 0
    num_tiles = -(-counts // TILE_SIZE)
    first_tiles = np.cumsum(num_tiles) - num_tiles
    num_places = num_tiles.sum() * TILE_SIZE

    vertices = np.full(num_places, len(vertex_parts), np.int32)
    places = np.full(len(vertex_parts), num_places, np.int32)
    for part in range(1, NUM_PARTS + 1):
        members = np.flatnonzero(vertex_parts == part)
        places[members] = first_tiles[part] * TILE_SIZE + np.arange(len(members))
    vertices[places[places < num_places]] = np.flatnonzero(places < num_places)
    return VertexTiles(
        vertices,
        places,
        np.repeat(np.arange(NUM_PARTS + 1), num_tiles).astype(np.int32),
        first_tiles.astype(np.int32),
        num_tiles.astype(np.int32),
    )
