import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import Term, weighted_sum

NAN = float("nan")


def term(values, is_labelled):
    return Term(tf.constant(values), tf.constant(is_labelled))


def test_adds_what_is_labelled():
    terms = {
        "pose": term([1.0, 2.0, 4.0], [1.0, 0.0, 1.0]),
        "parts": term([10.0, 20.0, 30.0], [0.0, 1.0, 1.0]),
        "none": term([5.0, 6.0, 7.0], [0.0, 0.0, 0.0]),
    }
    weights = {"pose": 2.0, "parts": tf.constant([1.0, 0.5, 0.1]), "none": 1.0, "unused": 9.0}
    total, means = weighted_sum(terms, weights)
    np.testing.assert_allclose(total, [2.0, 10.0, 11.0], rtol=1e-6)
    assert {name: float(mean) for name, mean in means.items()} == {
        "pose": 2.5,
        "parts": 25.0,
        "none": 0.0,
    }


def test_a_loop_gives_the_same():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 10)).astype(np.float32)
    flags = rng.integers(0, 2, (4, 10)).astype(np.float32)
    weights = rng.uniform(size=4).astype(np.float32)
    total, means = weighted_sum(
        {str(n): term(values[n], flags[n]) for n in range(4)},
        {str(n): tf.constant(weights[n]) for n in range(4)},
    )
    for example in range(10):
        expected = sum(weights[n] * values[n, example] for n in range(4) if flags[n, example])
        np.testing.assert_allclose(total[example], expected, rtol=1e-5, atol=1e-6)
    for n in range(4):
        np.testing.assert_allclose(means[str(n)], values[n][flags[n] > 0].mean(), rtol=1e-5)


@pytest.mark.parametrize("value", [NAN, float("inf"), -float("inf")])
def test_values_behind_the_mask_reach_neither_sum_nor_mean_nor_gradient(value):
    values = tf.constant([3.0, value, 5.0])
    with tf.GradientTape() as tape:
        tape.watch(values)
        term_ = Term(values, tf.constant([1.0, 0.0, 1.0]))
        total, means = weighted_sum({"pose": term_}, {"pose": 2.0})
    np.testing.assert_array_equal(total, [6.0, 0.0, 10.0])
    assert float(means["pose"]) == 4.0
    np.testing.assert_array_equal(tape.gradient(total, values), [2.0, 0.0, 2.0])


def gradient_through(predicted, target):
    """Gradient of a sum over three people, the second one without a label."""
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        values = tf.reduce_sum(tf.square(predicted - target), axis=1)
        term_ = Term(values, tf.constant([1.0, 0.0, 1.0]))
        total, _ = weighted_sum({"pose": term_}, {"pose": 1.0})
        loss = tf.reduce_mean(total)
    return tape.gradient(loss, predicted).numpy()


def test_a_target_that_is_not_a_number_leaves_the_gradients_of_others():
    predicted = tf.random.stateless_normal((3, 4), (0, 0))
    target = np.zeros((3, 4), np.float32)
    expected = gradient_through(predicted, target)
    np.testing.assert_array_equal(expected[1], 0)
    target[1] = np.nan
    found = gradient_through(predicted, target)
    np.testing.assert_array_equal(found[[0, 2]], expected[[0, 2]])
    # As documented: 0 times a derivative that is no number is none.
    assert np.isnan(found[1]).all()


def test_a_value_that_is_not_a_number_with_a_finite_derivative_leaves_all_gradients():
    predicted = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    offset = tf.constant([0.0, NAN, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        term_ = Term(tf.reduce_sum(predicted, axis=1) + offset, tf.constant([1.0, 0.0, 1.0]))
        total, _ = weighted_sum({"pose": term_}, {"pose": 1.0})
    np.testing.assert_array_equal(tape.gradient(total, predicted), [[1, 1], [0, 0], [1, 1]])


def test_a_term_without_a_weight_is_refused():
    terms = {name: term([1.0], [1.0]) for name in ("pose", "parts", "shape")}
    with pytest.raises(
        ValueError, match="`weights`: expected every term, received none of parts, pose"
    ):
        weighted_sum(terms, {"shape": tf.constant(1.0)})
