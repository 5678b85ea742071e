"""Nearest neighbours in the plane between points in tiles, without a matrix of distances.

A tile of queries at a time sees its tiles of candidates pass by, one a turn. Three things make this
fast on a CPU. Candidates pass in bunches of `BUNCH_SIZE`, and only the least distance to a bunch is
computed on the way: minima alone take half the arithmetic of minima with their places; which one of
the bunch it was is found out at the end. That happens in the loop over tiles, since after a loop
XLA would compute it anew for everything that uses it. And a turn hands its minima to the next one
to be compared, which XLA would else compute twice too.
"""

import functools

import tensorflow as tf

BUNCH_SIZE = 8

FAR = 1e18
"""Coordinate of a candidate that isn't there, pixels; its square is finite in float32."""


def nearest(
    queries: tf.Tensor, candidates: tf.Tensor, first_tiles: tf.Tensor, num_tiles: tf.Tensor
) -> tf.Tensor:
    """Finds the nearest candidate of every query; of equally near ones, any.

    Made for XLA; not differentiable.

    Args:
      queries: `(Q, 2, S)` float32 x and y.
      candidates: `(C, 2, R)` float32 x and y, R a multiple of `BUNCH_SIZE`.
      first_tiles: `(Q,)` int32: the candidates of query tile q begin with tile ``first_tiles[q]``.
      num_tiles: `(Q,)` int32: how many tiles they are, 0 or more.

    Returns:
      `(Q, S)` int32 indices into the flattened candidates; any valid one where there is none.
    """
    num_queries, size = tf.shape(queries)[0], queries.shape[2]
    every_x, every_y = (tf.reshape(candidates[:, axis], [-1]) for axis in range(2))

    def visit(query: tf.Tensor, found: tf.TensorArray):
        # Not by `[]`: XLA would compile anew for other values of what such an index comes from.
        x, y = tf.unstack(tf.gather(queries, query))
        first, count = tf.gather(first_tiles, query), tf.gather(num_tiles, query)
        bunch = _nearest_bunches(x, y, candidates, first, count)
        index = _nearest_members(x, y, every_x, every_y, bunch * BUNCH_SIZE)
        return query + 1, found.write(query, index)

    found = tf.TensorArray(tf.int32, num_queries, element_shape=(size,))
    _, found = tf.while_loop(lambda query, _: query < num_queries, visit, (0, found))
    return found.stack()


def _nearest_bunches(
    x: tf.Tensor, y: tf.Tensor, candidates: tf.Tensor, first: tf.Tensor, count: tf.Tensor
) -> tf.Tensor:
    """Finds which bunch of the flattened candidates holds the nearest to each point, (S,) int32."""
    size = x.shape[0]
    bunches_in_tile = candidates.shape[2] // BUNCH_SIZE
    bunches = tf.reshape(candidates, (-1, 2, bunches_in_tile, BUNCH_SIZE))

    def keep_nearer(turn: tf.Tensor, minima: tf.Tensor, least: tf.Tensor, kept: tf.Tensor):
        """Compares with the result of the previous turn."""
        first_bunch = (first + turn - 1) * bunches_in_tile
        for number in range(bunches_in_tile):
            is_nearer = minima[number] < least
            kept = tf.where(is_nearer, first_bunch + number, kept)
            least = tf.minimum(least, minima[number])
        return least, kept

    def visit(turn: tf.Tensor, minima: tf.Tensor, *kept: tf.Tensor):
        tile = tf.gather(bunches, first + turn)
        return turn + 1, _least_squares(x, y, tile), *keep_nearer(turn, minima, *kept)

    turn, *last = tf.while_loop(
        lambda turn, *_: turn < count,
        visit,
        (
            0,
            tf.fill((bunches_in_tile, size), 4 * FAR * FAR),
            tf.fill((size,), 4 * FAR * FAR),
            tf.zeros((size,), tf.int32),
        ),
    )
    _, kept = keep_nearer(turn, *last)
    return kept


def _nearest_members(
    x: tf.Tensor, y: tf.Tensor, every_x: tf.Tensor, every_y: tf.Tensor, first: tf.Tensor
) -> tf.Tensor:
    """Finds the nearest of the `BUNCH_SIZE` candidates from (S,) indices on, (S,) int32."""
    nearest_index, least = first, tf.fill(tf.shape(first), 4 * FAR * FAR)
    for index in (first + member for member in range(BUNCH_SIZE)):
        squared = tf.square(x - tf.gather(every_x, index))
        squared += tf.square(y - tf.gather(every_y, index))
        nearest_index = tf.where(squared < least, index, nearest_index)
        least = tf.minimum(least, squared)
    return nearest_index


def _least_squares(x: tf.Tensor, y: tf.Tensor, bunches: tf.Tensor) -> tf.Tensor:
    """The least squared distance of (S,) points to each of (2, N, bunch) bunches, (N, S)."""
    return functools.reduce(
        tf.minimum,
        (
            tf.square(x - bunches[0, :, member, tf.newaxis])
            + tf.square(y - bunches[1, :, member, tf.newaxis])
            for member in range(BUNCH_SIZE)
        ),
    )
