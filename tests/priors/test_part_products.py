import numpy as np
import pytest
import tensorflow as tf

from hps_tf.priors.part_products import product, spread

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
def test_spread_weights_receive_the_sum_over_the_batch(compiled):
    weights, like = normal(2, 3), normal(2, 3, 5, seed=1)

    def answer(weights):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            repeated = spread(weights, like)
        return repeated, tape.gradient(repeated, weights, like)

    repeated, gradient = tf.function(answer, jit_compile=compiled)(weights)
    np.testing.assert_array_equal(repeated, np.repeat(weights[..., None], 5, axis=2))
    np.testing.assert_allclose(gradient, like.numpy().sum(-1), atol=1e-6)
