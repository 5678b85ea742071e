import keras
import numpy as np
import pytest

from hps_tf.models.standardized_conv import RELU_GAIN, StandardizedConv2D


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(0)


def test_output_equals_a_convolution_with_the_standardized_kernel():
    layer = StandardizedConv2D(5, 3)
    x = np.random.default_rng(0).normal(size=(1, 6, 6, 4)).astype(np.float32)
    found = layer(x)
    kernel = np.asarray(layer.kernel)
    centred = kernel - kernel.mean(axis=(0, 1, 2))
    scale = RELU_GAIN / np.sqrt(36 * kernel.var(axis=(0, 1, 2)) + 1e-4)
    expected = keras.ops.relu(keras.ops.conv(x, centred * scale, padding="same"))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_scaling_or_shifting_the_kernel_changes_nothing():
    layer = StandardizedConv2D(5, 3)
    x = np.random.default_rng(0).normal(size=(1, 6, 6, 4)).astype(np.float32)
    before = np.asarray(layer(x))
    layer.kernel.assign(50.0 * layer.kernel + 2.0)
    np.testing.assert_allclose(layer(x), before, rtol=1e-2, atol=1e-2)


def test_deep_stacks_keep_the_scale_of_activations():
    x = np.random.default_rng(0).normal(size=(1, 32, 32, 64)).astype(np.float32)
    for _ in range(20):
        x = StandardizedConv2D(64, 3)(x)
    assert 0.1 < np.std(x) < 10


def test_config_rebuilds_the_layer():
    layer = StandardizedConv2D(5, 3, strides=2, name="some")
    again = StandardizedConv2D.from_config(layer.get_config())
    assert (again.filters, again.kernel_size, again.strides, again.name) == (
        5,
        (3, 3),
        (2, 2),
        "some",
    )
