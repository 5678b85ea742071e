"""The semantic body-part alignment loss (Eq. 7) without XLA, for graphs that are served.

It has the values of `hps_tf.losses.alignment` from stock operators alone: distances of every vertex
of a part to every pixel of it. Label maps are packed inside the graph. For the small maps of a
network that is enough; memory and time grow with vertices times pixels of each part.

Convention: as `hps_tf.losses.alignment`.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.losses import vertex_tiles
from hps_tf.losses.alignment import AlignmentTerms
from hps_tf.losses.nearest import FAR


class PixelLists(NamedTuple):
    """The pixels of each part in label maps of B images; row b of every tensor is image b.

    Attributes:
      part_labels: `(B, H, W)` uint8.
      pixels: `(B, 15, M, 2)` float32 x and y of each label's pixels, none of the background's;
        what lies past a label's count is far away.
      counts: `(B, 15)` float32 how many there are.
    """

    part_labels: tf.Tensor
    pixels: tf.Tensor
    counts: tf.Tensor


def list_part_pixels(part_labels: tf.Tensor) -> PixelLists:
    """Lists pixels by part.

    Args:
      part_labels: `(B, H, W)` uint8, H and W known.

    Returns:
      The lists, as long as the fullest part of all images needs, and at least one.
    """
    _, height, width = part_labels.shape
    flat = tf.reshape(part_labels, [-1, 1, height * width])
    labels = tf.range(NUM_PARTS + 1, dtype=tf.int32)[:, tf.newaxis]
    is_part = (tf.cast(flat, tf.int32) == labels) & (labels > 0)
    counts = tf.reduce_sum(tf.cast(is_part, tf.float32), axis=2)
    longest = tf.maximum(tf.cast(tf.reduce_max(counts), tf.int32), 1)
    # Of equal values the first come first.
    marks, places = tf.math.top_k(tf.cast(is_part, tf.float32), longest)
    xy = tf.cast(tf.stack([places % width, places // width], axis=3), tf.float32)
    pixels = tf.where(marks[..., tf.newaxis] > 0.0, xy, FAR)
    return PixelLists(part_labels, pixels, counts)


def dense_alignment_loss(
    vertices_2d: tf.Tensor,
    lists: PixelLists,
    vertex_parts: np.ndarray,
    *,
    reduction: str,
    truncation: tf.Tensor,
) -> AlignmentTerms:
    """Measures how far projected vertices and label maps are from each other, part by part.

    Args:
      vertices_2d: `(B, V, 2)` in pixels of the label maps.
      lists: The label maps.
      vertex_parts: `(V,)` part of each vertex, 1..14; 0 is no part.
      reduction: "part_mean", the one of fits.
      truncation: `(B,)` above which a distance counts as it; infinite: never.

    Returns:
      The terms, as `hps_tf.losses.alignment_loss` has them.

    Raises:
      ValueError: If the reduction is another.
    """
    if reduction != "part_mean":
        raise ValueError(f"`reduction`: expected 'part_mean', received {reduction!r}")
    layout = vertex_tiles.tiles_of_parts(vertex_parts)
    num_tiles, size = len(layout.parts), vertex_tiles.TILE_SIZE
    is_vertex = np.reshape(layout.vertices < len(vertex_parts), (num_tiles, size))
    padded = tf.pad(vertices_2d, [[0, 0], [0, 1], [0, 0]])
    points = tf.gather(padded, layout.vertices, axis=1)
    points = tf.reshape(points, [-1, num_tiles, size, 2])

    # Who is nearest to whom; the gradient goes through the distances alone.
    queries = tf.stop_gradient(tf.where(is_vertex[..., np.newaxis], points, -FAR))
    candidates = tf.gather(lists.pixels, layout.parts, axis=1)
    x = queries[..., tf.newaxis, 0] - candidates[:, :, tf.newaxis, :, 0]
    y = queries[..., tf.newaxis, 1] - candidates[:, :, tf.newaxis, :, 1]
    squares = tf.square(x) + tf.square(y)  # (B, tiles, S, M)
    nearest_pixel = tf.argmin(squares, axis=3, output_type=tf.int32)
    nearest_place = _nearest_places(squares, layout)

    counts = tf.gather(lists.counts, layout.parts, axis=1)
    offsets = points - tf.gather(candidates, nearest_pixel, batch_dims=2)
    sizes = np.bincount(vertex_parts, minlength=NUM_PARTS + 1)[layout.parts]
    shares = (is_vertex / sizes[:, np.newaxis]).astype(np.float32)
    lengths = tf.where(counts[..., tf.newaxis] > 0.0, _distance(offsets, truncation), 0.0)
    to_pixels = tf.reduce_sum(shares * lengths, axis=(1, 2))

    flat = tf.reshape(points, [-1, num_tiles * size, 2])
    offsets = tf.gather(flat, nearest_place, batch_dims=1) - lists.pixels
    is_pixel = tf.sequence_mask(lists.counts, tf.shape(lists.pixels)[2], tf.float32)
    is_pixel *= (layout.num_tiles > 0).astype(np.float32)[:, np.newaxis]
    offsets = tf.where(is_pixel[..., tf.newaxis] > 0.0, offsets, 0.0)
    sums = tf.reduce_sum(is_pixel * _distance(offsets, truncation), axis=2)
    to_vertices = tf.reduce_sum(tf.math.divide_no_nan(sums, lists.counts), axis=1)
    return AlignmentTerms(to_vertices, to_pixels)


def _nearest_places(squares: tf.Tensor, layout: vertex_tiles.VertexTiles) -> tf.Tensor:
    """The place in the tiles nearest to each pixel, `(B, 15, M)`, from `(B, tiles, S, M)`."""
    in_tile = tf.argmin(squares, axis=2, output_type=tf.int32)
    least = tf.reduce_min(squares, axis=2)
    # The tiles of each label, side by side; the last one again where it has fewer.
    turns = np.arange(layout.num_tiles.max())
    tiles = layout.first_tiles[:, None] + np.minimum(
        turns, np.maximum(layout.num_tiles - 1, 0)[:, None]
    )
    tiles = np.minimum(tiles, len(layout.parts) - 1)
    turn = tf.argmin(tf.gather(least, tiles, axis=1), axis=2, output_type=tf.int32)
    tile = layout.first_tiles[:, None] + turn
    tile = tf.minimum(tile, len(layout.parts) - 1)
    member = tf.gather(
        tf.transpose(in_tile, [0, 2, 1]), tf.transpose(tile, [0, 2, 1]), batch_dims=2
    )
    return tile * vertex_tiles.TILE_SIZE + tf.transpose(member, [0, 2, 1])


def _distance(offsets: tf.Tensor, truncation: tf.Tensor) -> tf.Tensor:
    """Lengths of `(B, ..., N, 2)`, truncated; where that is zero, so is the gradient."""
    squares = tf.reduce_sum(tf.square(offsets), axis=-1)
    is_apart = squares > 0.0
    length = tf.where(is_apart, tf.sqrt(tf.where(is_apart, squares, 1.0)), 0.0)
    return tf.minimum(length, truncation[:, tf.newaxis, tf.newaxis])
