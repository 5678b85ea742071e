"""Nearest points of tiles in a batch of images, and their distances.

Convention: pixels, pixel centres at integers, x right and y down.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.losses.nearest import Points, nearest


def own_pixels(
    part_labels: tf.Tensor, x: tf.Tensor, y: tf.Tensor, parts: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Finds the pixel that each vertex lies in.

    Args:
      part_labels: `(B, H, W)` uint8.
      x: `(B, N, S)` of the vertices, pixels.
      y: `(B, N, S)` likewise.
      parts: `(N,)` int32 the part of each tile of vertices.

    Returns:
      Column and row `(B, N, S)` float32, the nearest in the map, and whether the vertex lies in it
      and it is one of the vertex's part.
    """
    batch, height, width = tf.unstack(tf.shape(part_labels))
    last_x, last_y = tf.cast(width - 1, tf.float32), tf.cast(height - 1, tf.float32)
    column = tf.clip_by_value(tf.round(x), 0.0, last_x)
    row = tf.clip_by_value(tf.round(y), 0.0, last_y)
    pixel = tf.cast(row, tf.int32) * width + tf.cast(column, tf.int32)
    pixel += (tf.range(batch) * height * width)[:, tf.newaxis, tf.newaxis]
    labels = tf.cast(tf.gather(tf.reshape(part_labels, [-1]), pixel), tf.int32)
    is_inside = (tf.abs(x - column) <= 0.5) & (tf.abs(y - row) <= 0.5)
    return column, row, is_inside & (labels == parts[:, tf.newaxis])


class Nearest(NamedTuple):
    """The nearest candidates of queries.

    Attributes:
      indices: `(B, Q, S)` int32 into the candidates of all images.
      x: `(B, Q, S)` their first coordinates.
      y: `(B, Q, S)` their second ones.
    """

    indices: tf.Tensor
    x: tf.Tensor
    y: tf.Tensor


def nearest_in_batch(
    queries: Points, candidates: Points, first_tiles: tf.Tensor, num_tiles: tf.Tensor
) -> Nearest:
    """Finds the nearest candidates of the same image.

    Args:
      queries: `(B, Q, S)` each, points in tiles.
      candidates: `(B, C, R)` each, points in tiles.
      first_tiles: `(B, Q)` int32 the first tile of candidates of each tile of queries.
      num_tiles: `(B, Q)` int32 how many tiles those are.
    """
    batch, num_candidates, _ = tf.unstack(tf.shape(candidates[0]))
    first_tiles += (tf.range(batch) * num_candidates)[:, tf.newaxis]
    found = nearest(
        tuple(tf.reshape(axis, (-1, axis.shape[2])) for axis in queries),
        tuple(tf.reshape(axis, (-1, axis.shape[2])) for axis in candidates),
        tf.reshape(first_tiles, [-1]),
        tf.reshape(num_tiles, [-1]),
    )
    indices = tf.reshape(found, tf.shape(queries[0]))
    x, y = (tf.gather(tf.reshape(axis, [-1]), indices) for axis in candidates)
    return Nearest(indices, x, y)


def apart(points: Points, targets: Points) -> tuple[tf.Tensor, Points]:
    """Computes distances between points.

    Args:
      points: Of any shape.
      targets: Of the same shape.

    Returns:
      The distances, and their derivatives by x and y of `points`, 0 where points coincide.
    """
    x, y = points[0] - targets[0], points[1] - targets[1]
    squared = tf.square(x) + tf.square(y)
    inverse = tf.where(squared > 0, tf.math.rsqrt(squared), 0.0)
    return squared * inverse, (x * inverse, y * inverse)
