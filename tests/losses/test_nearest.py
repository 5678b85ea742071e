import numpy as np
import tensorflow as tf

from hps_tf.losses.nearest import FAR, nearest

compiled = tf.function(nearest, jit_compile=True)


def test_finds_the_nearest_of_each_tiles_own_candidates():
    rng = np.random.default_rng(0)
    queries = rng.uniform(0, 50, (5, 2, 12)).astype(np.float32)
    candidates = rng.uniform(0, 50, (7, 2, 24)).astype(np.float32)
    candidates[3, :, 5:] = FAR
    first, count = np.array([0, 2, 3, 6, 1], np.int32), np.array([7, 3, 1, 1, 0], np.int32)
    found = compiled(queries, candidates, first, count).numpy()
    flat = np.moveaxis(candidates, 1, 2).reshape(-1, 2)
    for query in range(4):
        own = np.arange(first[query] * 24, (first[query] + count[query]) * 24)
        distances = np.linalg.norm(queries[query].T[:, np.newaxis] - flat[own], axis=-1)
        np.testing.assert_array_equal(found[query], own[distances.argmin(axis=1)])
    assert (found[4] >= 0).all()
    assert (found[4] < len(flat)).all()


def test_any_of_equally_near_candidates_is_taken():
    queries = np.zeros((1, 2, 3), np.float32)
    candidates = np.ones((2, 2, 16), np.float32)
    found = compiled(queries, candidates, np.array([0], np.int32), np.array([2], np.int32))
    assert ((found.numpy() >= 0) & (found.numpy() < 32)).all()
