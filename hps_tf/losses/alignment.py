"""The semantic body-part alignment loss (Zanfir et al. 2020, Eq. 7, section 2.2).

    L_BA = sum_k  sum_{p in S_k} min_{v in M_k} |p - v|  +  sum_{v in M_k} min_{p in S_k} |p - v|

S_k are the pixels of part k in the label map, M_k the projections of its vertices. Distances are
Euclidean, in pixels of the map, pixel centres at integers, x right and y down.

Both minima are exact. For the second, a vertex whose nearest pixel of the whole grid belongs to its
part has found it. Otherwise the nearest pixel of the part lies on the part's boundary: any other
has neighbours on all four sides in the part, and the one towards the vertex is nearer or as near.
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import checks
from hps_tf.losses import nearest_points, part_pixels, vertex_tiles
from hps_tf.losses.nearest import FAR, Points
from hps_tf.losses.part_pixels import PackedPixels, PixelTiles
from hps_tf.losses.vertex_tiles import VertexTiles

REDUCTIONS = ("sum", "part_mean")

_FARTHEST = 1e9
"""A vertex with a larger coordinate counts as absent, pixels."""


class AlignmentTerms(NamedTuple):
    """The two terms of each example, in pixels.

    Attributes:
      pixels_to_vertices: `(B,)` float32 over the pixels, the distance to the nearest vertex.
      vertices_to_pixels: `(B,)` float32 over the vertices, the distance to the nearest pixel.
    """

    pixels_to_vertices: tf.Tensor
    vertices_to_pixels: tf.Tensor


def alignment_loss(
    vertices_2d: tf.Tensor,
    packed: PackedPixels,
    vertex_parts: np.ndarray,
    *,
    reduction: str = "sum",
    truncation: float | tf.Tensor | None = None,
    vertex_weights: tf.Tensor | None = None,
    part_weights: tf.Tensor | None = None,
    num_shards: int = 1,
) -> AlignmentTerms:
    """Measures how far projected vertices and label maps are from each other, part by part.

    A part without pixels or without vertices adds nothing. The gradient reaches `vertices_2d` only;
    it is zero at distance zero and beyond `truncation`. Computed in float32 and compiled by XLA
    wherever it is called from.

    Args:
      vertices_2d: `(B, V, 2)` projected vertices, in pixels of the label maps. A vertex that isn't
        finite, or farther than 1e9 pixels, counts as absent.
      packed: The label maps, from `hps_tf.losses.pack_part_pixels`.
      vertex_parts: `(V,)` part of each vertex, 1..14; 0 is no part.
      reduction: "sum" as in the paper, or "part_mean", where each part's sums are divided by the
        numbers of its pixels and of its vertices: of one size at all resolutions.
      truncation: If given, a distance above it counts as it, in pixels: outliers stop pulling. One
        for all or `(B,)`.
      vertex_weights: `(B, V)` not negative; scales a vertex's own distance. A vertex of weight 0 is
        absent, so it can't be a pixel's nearest either: hidden, or behind the camera.
      part_weights: `(B, 14)` scales both terms of each part.
      num_shards: A divisor of B. In a `tf.function` a CPU computes that many equal shards of the
        batch side by side, one core each: XLA uses little more than one for a shard. It gains
        nothing where the caller is compiled by XLA itself, nor on a GPU.

    Returns:
      The terms. L_BA is their sum.

    Raises:
      ValueError: If a shape, a part, the reduction, the truncation or the number of shards is
        wrong.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"`reduction`: expected one of {REDUCTIONS}, received {reduction!r}")
    if truncation is None:
        truncation = np.inf
    if not tf.is_symbolic_tensor(truncation) and not np.all(np.asarray(truncation) > 0):
        raise ValueError(f"`truncation`: expected a positive number, received {truncation}")
    vertex_parts = np.asarray(vertex_parts)
    vertices_2d = tf.convert_to_tensor(vertices_2d)
    checks.shape("vertex_parts", vertex_parts, ("vertices",))
    checks.shape("vertices_2d", vertices_2d, ("batch", len(vertex_parts), 2))
    if not 0 < vertex_parts.max(initial=0) <= NUM_PARTS:
        raise ValueError(f"`vertex_parts`: expected parts 1..{NUM_PARTS}, 0 of none")
    if num_shards < 1 or (vertices_2d.shape[0] or 0) % num_shards:
        raise ValueError(
            f"`num_shards`: expected a divisor of the batch of {vertices_2d.shape[0]},"
            f" received {num_shards}"
        )
    layout = vertex_tiles.tiles_of_parts(vertex_parts)
    batch = tf.shape(vertices_2d)[0]
    if vertex_weights is None:
        vertex_weights = tf.ones((batch, len(vertex_parts)))
    if part_weights is None:
        part_weights = tf.ones((batch, NUM_PARTS))
    vertex_weights = tf.cast(vertex_weights, tf.float32)
    part_weights = tf.cast(part_weights, tf.float32)
    checks.shape("vertex_weights", vertex_weights, ("batch", len(vertex_parts)))
    checks.shape("part_weights", part_weights, ("batch", NUM_PARTS))
    limits = tf.broadcast_to(tf.cast(truncation, tf.float32), [batch])
    terms_of = functools.partial(
        _differentiable_terms, layout=layout, mean=reduction == "part_mean"
    )
    inputs = (tf.cast(vertices_2d, tf.float32), vertex_weights, part_weights, limits, packed)
    if num_shards == 1:
        return AlignmentTerms(*terms_of(*inputs))
    shards = [terms_of(*shard) for shard in _split(inputs, num_shards)]
    return AlignmentTerms(*(tf.concat(parts, axis=0) for parts in zip(*shards, strict=True)))


def _split(inputs: tuple, num_shards: int) -> list[tuple]:
    """Splits every tensor of nested tuples along the batch."""
    leaves = (tf.split(leaf, num_shards) for leaf in tf.nest.flatten(inputs))
    return [tf.nest.pack_sequence_as(inputs, shard) for shard in zip(*leaves, strict=True)]


def _differentiable_terms(
    vertices_2d: tf.Tensor,
    vertex_weights: tf.Tensor,
    part_weights: tf.Tensor,
    truncation: tf.Tensor,
    packed: PackedPixels,
    *,
    layout: VertexTiles,
    mean: bool,
) -> tuple[tf.Tensor, tf.Tensor]:
    @tf.custom_gradient
    def terms(vertices: tf.Tensor):
        values, pulls = _terms(
            vertices, vertex_weights, part_weights, truncation, packed, layout, mean
        )

        def gradient(upstream_pixels: tf.Tensor, upstream_vertices: tf.Tensor) -> tf.Tensor:
            return _gradient(upstream_pixels, upstream_vertices, pulls, layout)

        return values, gradient

    return terms(vertices_2d)


class _Pulls(NamedTuple):
    """Parts of the gradient: the derivative of the terms by each distance, and its nearest points.

    Attributes:
      by_pixels: `(B, N, S)` derivatives of the first term by the vertex nearest to each pixel.
      nearest_places: `(B, N, S)` int32 which one it is: its place in the tiles of all images.
      by_vertices: `(B, N, S)` derivatives of the second term by the vertex in each place.
    """

    by_pixels: Points
    nearest_places: tf.Tensor
    by_vertices: Points


@tf.function(jit_compile=True, autograph=False)
def _terms(
    vertices_2d: tf.Tensor,
    vertex_weights: tf.Tensor,
    part_weights: tf.Tensor,
    truncation: tf.Tensor,
    packed: PackedPixels,
    layout: VertexTiles,
    mean: bool,
) -> tuple[tuple[tf.Tensor, tf.Tensor], _Pulls]:
    points, weights = _in_tiles(vertices_2d, vertex_weights, layout)
    vertex_totals = tf.linalg.matmul(
        tf.reduce_sum(weights, axis=2), tf.one_hot(layout.parts, NUM_PARTS + 1)
    )
    pixel_totals = tf.cast(tf.pad(packed.part_counts, [[0, 0], [1, 0]]), tf.float32)
    is_matched = (vertex_totals > 0) & (pixel_totals > 0)
    scales = tf.where(is_matched, tf.pad(part_weights, [[0, 0], [1, 0]]), 0.0)
    truncation = truncation[:, tf.newaxis, tf.newaxis]
    pixel_scales = tf.math.divide_no_nan(scales, pixel_totals) if mean else scales
    vertex_scales = tf.math.divide_no_nan(scales, vertex_totals) if mean else scales

    from_pixels, by_pixels, nearest_places = _pixels_to_vertices(
        packed.all, points, pixel_scales, is_matched, truncation, layout
    )
    from_vertices, by_vertices = _vertices_to_pixels(
        packed, points, weights, vertex_scales, is_matched, truncation, layout
    )
    return (from_pixels, from_vertices), _Pulls(by_pixels, nearest_places, by_vertices)


def _in_tiles(
    vertices_2d: tf.Tensor, vertex_weights: tf.Tensor, layout: VertexTiles
) -> tuple[Points, tf.Tensor]:
    """Lays vertices out as (B, N, S) points and weights, 0 of what isn't there."""
    batch, num_vertices, _ = tf.unstack(tf.shape(vertices_2d))
    # In flat indices: else XLA lays the images innermost, and all that follows reads in strides.
    tiles = tf.reshape(layout.vertices, (-1, vertex_tiles.TILE_SIZE))
    indices = tf.minimum(tiles, num_vertices - 1)
    indices += (tf.range(batch) * num_vertices)[:, tf.newaxis, tf.newaxis]
    x, y = (tf.gather(tf.reshape(vertices_2d[..., axis], [-1]), indices) for axis in range(2))
    is_vertex = (tiles < num_vertices) & (tf.abs(x) <= _FARTHEST) & (tf.abs(y) <= _FARTHEST)
    weights = tf.where(is_vertex, tf.gather(tf.reshape(vertex_weights, [-1]), indices), 0.0)
    return tuple(tf.where(weights > 0, axis, FAR) for axis in (x, y)), weights


def _pixels_to_vertices(
    pixels: PixelTiles,
    points: Points,
    scales: tf.Tensor,
    is_matched: tf.Tensor,
    truncation: tf.Tensor,
    layout: VertexTiles,
) -> tuple[tf.Tensor, Points, tf.Tensor]:
    """The first term, its derivatives by the vertex nearest to each pixel, and that one's place."""
    first_tiles = tf.gather(layout.first_tiles, pixels.parts)
    num_tiles = tf.gather(layout.num_tiles, pixels.parts)
    is_needed = tf.gather(is_matched, pixels.parts, batch_dims=1)
    queries = _coordinates(pixels)
    found = nearest_points.nearest_in_batch(
        queries, points, first_tiles, tf.where(is_needed, num_tiles, 0)
    )

    is_pixel = tf.range(part_pixels.TILE_SIZE) < pixels.counts[..., tf.newaxis]
    weights = tf.gather(scales, pixels.parts, batch_dims=1)[..., tf.newaxis]
    distances, directions = nearest_points.apart((found.x, found.y), queries)
    total, pulls = _weighted(tf.where(is_pixel, weights, 0.0), distances, directions, truncation)
    return total, pulls, found.indices


def _vertices_to_pixels(
    packed: PackedPixels,
    points: Points,
    weights: tf.Tensor,
    scales: tf.Tensor,
    is_matched: tf.Tensor,
    truncation: tf.Tensor,
    layout: VertexTiles,
) -> tuple[tf.Tensor, Points]:
    """The second term and its derivatives by the vertex in each place."""
    num_tiles = tf.reduce_sum(
        tf.one_hot(packed.boundary.parts, NUM_PARTS + 1, dtype=tf.int32), axis=1
    )
    num_tiles *= tf.constant([0] + [1] * NUM_PARTS)  # the empty ones come last
    first_tiles = tf.cumsum(num_tiles, axis=1, exclusive=True)
    is_pixel = tf.range(part_pixels.BOUNDARY_TILE_SIZE) < packed.boundary.counts[..., tf.newaxis]
    x, y = _coordinates(packed.boundary)
    boundary = tf.where(is_pixel, x, FAR), tf.where(is_pixel, y, FAR)
    own_x, own_y, is_own = nearest_points.own_pixels(packed.part_labels, *points, layout.parts)
    # A tile has to look around if the part has pixels and one of its vertices isn't in any.
    is_needed = tf.gather(is_matched, layout.parts, axis=1)
    is_needed &= tf.reduce_any((weights > 0) & ~is_own, axis=2)
    found = nearest_points.nearest_in_batch(
        points,
        boundary,
        tf.gather(first_tiles, layout.parts, axis=1),
        tf.where(is_needed, tf.gather(num_tiles, layout.parts, axis=1), 0),
    )
    distances, directions = nearest_points.apart(
        points, (tf.where(is_own, own_x, found.x), tf.where(is_own, own_y, found.y))
    )
    weights *= tf.gather(scales, layout.parts, axis=1)[..., tf.newaxis]
    return _weighted(weights, distances, directions, truncation)


def _coordinates(tiles: PixelTiles) -> Points:
    """Takes x and y out of the tiles, (B, N, S) float32."""
    return tuple(tf.cast(tiles.pixels[:, :, axis], tf.float32) for axis in range(2))


def _weighted(
    weights: tf.Tensor, distances: tf.Tensor, directions: Points, truncation: tf.Tensor
) -> tuple[tf.Tensor, Points]:
    """The sums over an image of weighted and truncated distances, and their derivatives."""
    total = tf.reduce_sum(weights * tf.minimum(distances, truncation), axis=(1, 2))
    weights = tf.where(distances < truncation, weights, 0.0)
    return total, tuple(weights * axis for axis in directions)


@tf.function(jit_compile=True, autograph=False)
def _gradient(
    upstream_pixels: tf.Tensor, upstream_vertices: tf.Tensor, pulls: _Pulls, layout: VertexTiles
) -> tf.Tensor:
    batch = tf.shape(pulls.by_vertices[0])[0]
    num_places = tf.size(layout.vertices)
    is_placed = layout.places < num_places
    places = tf.where(is_placed, layout.places, 0)
    places += (tf.range(batch) * num_places)[:, tf.newaxis]
    by_axes = []
    for by_pixels, by_vertices in zip(pulls.by_pixels, pulls.by_vertices, strict=True):
        by_pixels *= upstream_pixels[:, tf.newaxis, tf.newaxis]
        by_vertices *= upstream_vertices[:, tf.newaxis, tf.newaxis]
        pulled = tf.math.unsorted_segment_sum(by_pixels, pulls.nearest_places, batch * num_places)
        pulled += tf.reshape(by_vertices, [-1])
        by_axes.append(tf.where(is_placed, tf.gather(pulled, places), 0.0))
    return tf.stack(by_axes, axis=2)
