"""Nearest neighbours in the plane between points in tiles, without a matrix of distances.

Tiles of queries see their tiles of candidates pass by, one a turn. Four things make this fast on a
CPU. XLA takes longer to start the operations of a turn than a single tile needs for its distances,
so `GROUP_SIZE` tiles of queries take their turns together; those with most candidates come first,
so that tiles of a group have about as many turns to take. Candidates pass in bunches of
`BUNCH_SIZE`, and only the least distance to a bunch is computed on the way: minima alone take half
the arithmetic of minima with their places; which one of the bunch it was is found out at the end.
That happens in the loop over groups, since after a loop XLA would compute it anew for everything
that uses it. And a turn hands its minima to the next one to be compared, which XLA would else
compute twice too.

Coordinates come as separate arrays: XLA reads pairs of numbers several times slower.
"""

import functools

import tensorflow as tf

BUNCH_SIZE = 8

GROUP_SIZE = 8

FAR = 1e18
"""Coordinate of a candidate that isn't there, pixels; its square is finite in float32."""

Points = tuple[tf.Tensor, tf.Tensor]
"""x and y, two tensors of one shape."""


def nearest(
    queries: Points, candidates: Points, first_tiles: tf.Tensor, num_tiles: tf.Tensor
) -> tf.Tensor:
    """Finds the nearest candidate of every query; of equally near ones, any.

    Made for XLA; not differentiable.

    Args:
      queries: `(Q, S)` float32 each.
      candidates: `(C, R)` float32 each, R a multiple of `BUNCH_SIZE`.
      first_tiles: `(Q,)` int32: the candidates of query tile q begin with tile ``first_tiles[q]``.
      num_tiles: `(Q,)` int32: how many tiles they are, 0 or more.

    Returns:
      `(Q, S)` int32 indices into the flattened candidates; any valid one where there is none.
    """
    num_queries, size = tf.shape(queries[0])[0], queries[0].shape[1]
    num_groups = -(-num_queries // GROUP_SIZE)
    num_tiles = tf.pad(num_tiles, [[0, num_groups * GROUP_SIZE - num_queries]])
    order = tf.argsort(num_tiles, direction="DESCENDING")
    groups = tf.reshape(order, (-1, GROUP_SIZE))
    num_needed = -(-tf.math.count_nonzero(num_tiles, dtype=tf.int32) // GROUP_SIZE)

    def visit(group: tf.Tensor, found: tf.TensorArray):
        # Not by `[]`: XLA would compile anew for other values of what such an index comes from.
        tiles = tf.gather(groups, group)
        count = tf.gather(num_tiles, tiles)
        tiles = tf.minimum(tiles, num_queries - 1)
        points = tuple(tf.gather(axis, tiles) for axis in queries)
        bunch = _nearest_bunches(points, candidates, tf.gather(first_tiles, tiles), count)
        index = _nearest_members(points, candidates, bunch * BUNCH_SIZE)
        return group + 1, found.write(group, index)

    found = tf.TensorArray(tf.int32, num_groups, element_shape=(GROUP_SIZE, size))
    _, found = tf.while_loop(lambda group, _: group < num_needed, visit, (0, found))
    places = tf.argsort(order)[:num_queries]
    return tf.gather(tf.reshape(found.stack(), (-1, size)), places)


def _nearest_bunches(
    points: Points, candidates: Points, first: tf.Tensor, count: tf.Tensor
) -> tf.Tensor:
    """Finds which bunch of the flattened candidates holds the nearest to each point.

    Args:
      points: `(G, S)` each.
      candidates: `(C, R)` each.
      first: `(G,)` int32 first tiles.
      count: `(G,)` int32 numbers of tiles.

    Returns:
      `(G, S)` int32.
    """
    shape = points[0].shape
    num_all, bunches_in_tile = tf.shape(candidates[0])[0], candidates[0].shape[1] // BUNCH_SIZE
    bunches = [tf.reshape(axis, (-1, bunches_in_tile, BUNCH_SIZE)) for axis in candidates]

    def tile_at(turn: tf.Tensor) -> tf.Tensor:
        """The last one again where there are no more, which changes nothing."""
        return tf.clip_by_value(first + tf.minimum(turn, count - 1), 0, num_all - 1)

    def keep_nearer(turn: tf.Tensor, minima: tf.Tensor, least: tf.Tensor, kept: tf.Tensor):
        """Compares with the result of the turn."""
        first_bunch = (tile_at(turn) * bunches_in_tile)[:, tf.newaxis]
        for number in range(bunches_in_tile):
            is_nearer = minima[:, number] < least
            kept = tf.where(is_nearer, first_bunch + number, kept)
            least = tf.minimum(least, minima[:, number])
        return least, kept

    def visit(turn: tf.Tensor, minima: tf.Tensor, *kept: tf.Tensor):
        passing = tuple(tf.gather(axis, tile_at(turn)) for axis in bunches)
        return turn + 1, _least_squares(points, passing), *keep_nearer(turn - 1, minima, *kept)

    turn, *last = tf.while_loop(
        lambda turn, *_: turn < tf.reduce_max(count),
        visit,
        (
            0,
            tf.fill((shape[0], bunches_in_tile, shape[1]), 4 * FAR * FAR),
            tf.fill(shape, 4 * FAR * FAR),
            tf.zeros(shape, tf.int32),
        ),
    )
    _, kept = keep_nearer(turn - 1, *last)
    return kept


def _nearest_members(points: Points, candidates: Points, first: tf.Tensor) -> tf.Tensor:
    """Finds the nearest of the `BUNCH_SIZE` candidates from (G, S) indices on, (G, S) int32."""
    flat = [tf.reshape(axis, [-1]) for axis in candidates]
    nearest_index, least = first, tf.fill(tf.shape(first), 4 * FAR * FAR)
    for index in (first + member for member in range(BUNCH_SIZE)):
        squared = tf.add_n(
            [
                tf.square(point - tf.gather(axis, index))
                for point, axis in zip(points, flat, strict=True)
            ]
        )
        nearest_index = tf.where(squared < least, index, nearest_index)
        least = tf.minimum(least, squared)
    return nearest_index


def _least_squares(points: Points, bunches: Points) -> tf.Tensor:
    """The least squared distance of (G, S) points to each of (G, N, bunch) bunches, (G, N, S)."""
    x, y = (axis[:, tf.newaxis] for axis in points)
    return functools.reduce(
        tf.minimum,
        (
            tf.square(x - bunches[0][:, :, member, tf.newaxis])
            + tf.square(y - bunches[1][:, :, member, tf.newaxis])
            for member in range(BUNCH_SIZE)
        ),
    )
