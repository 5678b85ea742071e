import numpy as np
import pytest
import tensorflow as tf

from hps_tf.priors.part_products import product, shifted, sum_over_batch

SHAPES = [(1, 5, 4), (21, 3, 3), (4, 6, 6), (21, 1, 4), (3, 7, 7)]


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


@pytest.mark.parametrize(("groups", "inputs", "outputs"), SHAPES)
@pytest.mark.parametrize("compiled", [False, True])
def test_product_and_its_gradients_equal_einsums(groups, inputs, outputs, compiled):
    kernel, x = normal(groups, inputs, outputs), normal(groups, inputs, 9, seed=1)
    upstream = normal(groups, outputs, 9, seed=2)

    def answer(kernel, x):
        with tf.GradientTape() as tape:
            tape.watch((kernel, x))
            y = product(kernel, x)
        return (y, *tape.gradient(y, (kernel, x), upstream))

    y, kernel_gradient, x_gradient = tf.function(answer, jit_compile=compiled)(kernel, x)
    np.testing.assert_allclose(y, np.einsum("gio,gin->gon", kernel, x), atol=1e-5)
    expected = np.einsum("gin,gon->gio", x, upstream)
    np.testing.assert_allclose(kernel_gradient, expected, atol=1e-5)
    expected = np.einsum("gio,gon->gin", kernel, upstream)
    np.testing.assert_allclose(x_gradient, expected, atol=1e-5)


@pytest.mark.parametrize("compiled", [False, True])
def test_shifted_and_its_gradients_equal_those_of_a_broadcast_sum(compiled):
    x, weights, upstream = normal(2, 3, 5), normal(2, 3, seed=1), normal(2, 3, 5, seed=2)

    def answer(x, weights):
        with tf.GradientTape() as tape:
            tape.watch((x, weights))
            y = shifted(x, weights)
        return (y, *tape.gradient(y, (x, weights), upstream))

    y, x_gradient, gradient = tf.function(answer, jit_compile=compiled)(x, weights)
    np.testing.assert_array_equal(y, x + weights[..., None])
    np.testing.assert_array_equal(x_gradient, upstream)
    np.testing.assert_allclose(gradient, upstream.numpy().sum(-1), atol=1e-6)


def test_sum_over_a_batch_of_unknown_length_or_rank_equals_numpy():
    x = normal(2, 3, 5)
    for shape in ([2, 3, None], None):
        total = tf.function(
            lambda x: sum_over_batch(x, tf.TensorShape([2, 3])),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )(x)
        assert total.shape == (2, 3)
        np.testing.assert_allclose(total, x.numpy().sum(-1), atol=1e-6)
