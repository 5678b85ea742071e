import numpy as np
import tensorflow as tf

from hps_tf.losses.nearest import FAR, GROUP_SIZE, nearest

compiled = tf.function(nearest, jit_compile=True)


def axes(points):
    """x and y, `(N, S)` each, of `(N, 2, S)`."""
    return points[:, 0], points[:, 1]


def test_finds_the_nearest_of_each_tiles_own_candidates():
    rng = np.random.default_rng(0)
    queries = rng.uniform(0, 50, (5, 2, 12)).astype(np.float32)
    candidates = rng.uniform(0, 50, (7, 2, 24)).astype(np.float32)
    candidates[3, :, 5:] = FAR
    first, count = np.array([0, 2, 3, 6, 1], np.int32), np.array([7, 3, 1, 1, 0], np.int32)
    found = compiled(axes(queries), axes(candidates), first, count).numpy()
    flat = np.moveaxis(candidates, 1, 2).reshape(-1, 2)
    for query in range(4):
        own = np.arange(first[query] * 24, (first[query] + count[query]) * 24)
        distances = np.linalg.norm(queries[query].T[:, np.newaxis] - flat[own], axis=-1)
        np.testing.assert_array_equal(found[query], own[distances.argmin(axis=1)])
    assert (found[4] >= 0).all()
    assert (found[4] < len(flat)).all()


def test_tiles_of_a_group_may_have_different_numbers_of_candidates():
    rng = np.random.default_rng(1)
    num_queries = 2 * GROUP_SIZE + 3
    queries = rng.uniform(0, 50, (num_queries, 2, 5)).astype(np.float32)
    candidates = rng.uniform(0, 50, (9, 2, 8)).astype(np.float32)
    count = rng.integers(0, 7, num_queries).astype(np.int32)
    first = rng.integers(0, 10 - count).astype(np.int32)  # 9, past the last, where there are none
    found = compiled(axes(queries), axes(candidates), first, count).numpy()
    flat = np.moveaxis(candidates, 1, 2).reshape(-1, 2)
    for query in np.flatnonzero(count):
        own = np.arange(first[query] * 8, (first[query] + count[query]) * 8)
        distances = np.linalg.norm(queries[query].T[:, np.newaxis] - flat[own], axis=-1)
        np.testing.assert_array_equal(found[query], own[distances.argmin(axis=1)])
    assert (count == 0).any()
    assert ((found >= 0) & (found < len(flat))).all()


def test_any_of_equally_near_candidates_is_taken():
    queries = np.zeros((1, 2, 3), np.float32)
    candidates = np.ones((2, 2, 16), np.float32)
    found = compiled(
        axes(queries), axes(candidates), np.array([0], np.int32), np.array([2], np.int32)
    )
    assert ((found.numpy() >= 0) & (found.numpy() < 32)).all()
