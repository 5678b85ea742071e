"""Nearest neighbours in the plane between points in tiles, without a matrix of distances.

Tiles of queries are worked on in groups, ordered so that tiles with equally many candidates come
together. One after the other, each tile's tiles of candidates pass by, and every query keeps the
nearest so far. Neither loop runs longer than there is something to do.
"""

from typing import NamedTuple

import tensorflow as tf

_GROUP_SIZE = 16
"""Tiles of queries that are worked on together."""

FAR = 1e18
"""Coordinate of a candidate that isn't there, pixels; its square is finite in float32."""


class Nearest(NamedTuple):
    """The nearest candidate of each query.

    Attributes:
      squared_distances: `(Q, S)` float32; about `FAR`² or more where there is no candidate.
      indices: `(Q, S)` int32 into the flattened candidates; a valid index also where there is none.
    """

    squared_distances: tf.Tensor
    indices: tf.Tensor


def nearest(
    queries: tf.Tensor, candidates: tf.Tensor, first_tiles: tf.Tensor, num_tiles: tf.Tensor
) -> Nearest:
    """Finds the nearest candidate of every query; of equally near ones, any.

    Made for XLA, which must know the shapes; not differentiable.

    Args:
      queries: `(Q, 2, S)` float32 x and y.
      candidates: `(C, 2, R)` float32 x and y.
      first_tiles: `(Q,)` int32: the candidates of query tile q begin with tile ``first_tiles[q]``.
      num_tiles: `(Q,)` int32: how many tiles they are, 0 or more.

    Returns:
      The nearest candidates.
    """
    num_queries, size = tf.shape(queries)[0], queries.shape[2]
    num_groups = -(-num_queries // _GROUP_SIZE)
    missing = num_groups * _GROUP_SIZE - num_queries

    order = tf.argsort(num_tiles, direction="DESCENDING")
    places = tf.argsort(order)

    def in_groups(values: tf.Tensor) -> tf.Tensor:
        ordered = tf.gather(values, order)
        ordered = tf.pad(ordered, [[0, missing]] + [[0, 0]] * (values.shape.rank - 1))
        return tf.reshape(ordered, (-1, _GROUP_SIZE, *values.shape[1:]))

    queries, first_tiles, num_tiles = map(in_groups, (queries, first_tiles, num_tiles))
    most_tiles = num_tiles[:, 0]

    def visit_group(group: tf.Tensor, squared: tf.TensorArray, indices: tf.TensorArray):
        found = _nearest_of_group(
            queries[group], candidates, first_tiles[group], num_tiles[group], most_tiles[group]
        )
        squared = squared.write(group, found.squared_distances)
        return group + 1, squared, indices.write(group, found.indices)

    def is_needed(group: tf.Tensor, *_):
        return (group < num_groups) & (most_tiles[tf.minimum(group, num_groups - 1)] > 0)

    shape = (_GROUP_SIZE, size)
    nothing = tf.fill((num_groups, _GROUP_SIZE, size), 2 * FAR * FAR)
    _, squared, indices = tf.while_loop(
        is_needed,
        visit_group,
        (
            0,
            tf.TensorArray(tf.float32, num_groups, element_shape=shape).unstack(nothing),
            tf.TensorArray(tf.int32, num_groups, element_shape=shape).unstack(
                tf.zeros_like(nothing, tf.int32)
            ),
        ),
    )

    def in_place(values: tf.TensorArray) -> tf.Tensor:
        return tf.gather(tf.reshape(values.stack(), (-1, size)), places)

    return Nearest(in_place(squared), in_place(indices))


def _nearest_of_group(
    queries: tf.Tensor,
    candidates: tf.Tensor,
    first_tiles: tf.Tensor,
    num_tiles: tf.Tensor,
    most_tiles: tf.Tensor,
) -> Nearest:
    capacity = candidates.shape[2]
    x, y = queries[:, 0], queries[:, 1]

    def visit(turn: tf.Tensor, best: tf.Tensor, index: tf.Tensor):
        tiles = tf.where(turn < num_tiles, first_tiles + turn, 0)
        points = tf.gather(candidates, tiles)
        points = tf.where((turn < num_tiles)[:, tf.newaxis, tf.newaxis], points, FAR)
        for number in range(capacity):
            squared = tf.square(x - points[:, 0, number, tf.newaxis]) + tf.square(
                y - points[:, 1, number, tf.newaxis]
            )
            is_nearer = squared < best
            best = tf.where(is_nearer, squared, best)
            index = tf.where(is_nearer, (tiles * capacity + number)[:, tf.newaxis], index)
        return turn + 1, best, index

    _, best, index = tf.while_loop(
        lambda turn, *_: turn < most_tiles,
        visit,
        (0, tf.fill(x.shape, 2 * FAR * FAR), tf.zeros(x.shape, tf.int32)),
    )
    return Nearest(best, index)
