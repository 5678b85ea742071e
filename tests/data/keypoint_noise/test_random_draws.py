import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.keypoint_noise.random_draws import Draws

SEED = (3, 4)


def test_every_call_draws_other_numbers_and_the_same_seed_the_same():
    one, other = Draws(SEED), Draws(SEED)
    first, second = one.normal(100), one.normal(100)
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(other.normal(100), first)
    assert not np.allclose(Draws((3, 5)).normal(100), first)


def test_distributions_are_those_asked_for():
    draws = Draws(SEED)
    uniform = draws.uniform(20_000, low=-1.0, high=3.0).numpy()
    assert uniform.min() >= -1
    assert uniform.max() <= 3
    assert uniform.mean() == pytest.approx(1, abs=0.05)
    logarithms = np.log(draws.log_uniform(20_000, low=0.01, high=1.0))
    assert np.median(logarithms) == pytest.approx(np.log(0.1), abs=0.1)
    assert np.ptp(logarithms) == pytest.approx(np.log(100), rel=0.01)
    normal = draws.normal(20_000).numpy()
    assert normal.std() == pytest.approx(1, abs=0.02)
    assert draws.happens(0.3, 20_000).numpy().mean() == pytest.approx(0.3, abs=0.02)


def test_events_have_the_probability_of_their_row():
    happens = Draws(SEED).happens(tf.constant([[0.0], [1.0]]), 2, 50).numpy()
    assert not happens[0].any()
    assert happens[1].all()


def test_a_graph_draws_the_same_and_a_compiled_one_always_its_own():
    def draw(seed):
        draws = Draws(seed)
        return draws.uniform(50), draws.normal(50)

    seed = tf.constant(SEED)
    for one, other in zip(tf.function(draw)(seed), draw(seed), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    compiled = tf.function(draw, jit_compile=True)
    for one, other in zip(compiled(seed), compiled(seed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(compiled(seed)[0], compiled(seed + 1)[0])


def test_numbers_are_those_of_tensorflows_functions():
    seeds = tf.unstack(tf.random.split(SEED, 64, alg="philox"))
    count = tf.constant(7)
    draws = Draws(SEED)
    expected = tf.random.stateless_uniform((7, 2), seeds[0], alg="philox")
    np.testing.assert_array_equal(draws.uniform(count, 2), expected)
    expected = tf.random.stateless_normal((), seeds[1], alg="philox")
    np.testing.assert_array_equal(draws.normal(), expected)


def test_few_operations_are_traced_for_a_draw():
    def operations(number):
        @tf.function(input_signature=[tf.TensorSpec((2,), tf.int32)], autograph=False)
        def draw(seed):
            draws = Draws(seed)
            return [draws.uniform(tf.shape(seed)[0], 3) for _ in range(number)]

        return len(draw.get_concrete_function().graph.get_operations())

    assert (operations(12) - operations(2)) / 10 < 20
