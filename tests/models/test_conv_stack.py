import math

import keras
import numpy as np
import pytest

from hps_tf.models.conv_stack import conv_stack


def stack(layers, channels, *, residual, maps=8, seed=0):
    keras.utils.set_random_seed(seed)
    x = keras.Input((12, 12, channels))
    return keras.Model(x, conv_stack(x, layers, maps, 3, "a_", residual=residual))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(4, 12, 12, 8)).astype(np.float32)


def test_skips_add_no_weights():
    plain, residual = (stack(5, 8, residual=residual) for residual in (False, True))
    assert plain.count_params() == residual.count_params() == 5 * (3 * 3 * 8 * 8 + 8)
    assert [w.path for w in plain.weights] == [w.path for w in residual.weights]
    assert plain.weights[0].path == "a_conv1/kernel"


def test_a_layer_adds_to_its_input(images):
    plain, residual = (stack(1, 8, residual=residual) for residual in (False, True))
    residual.set_weights(plain.get_weights())
    expected = (images + plain(images).numpy()) * math.sqrt(0.5)
    np.testing.assert_allclose(residual(images), expected, rtol=1e-5, atol=1e-5)


def test_the_first_layer_stands_alone_where_channels_differ(images):
    plain, residual = (stack(1, 8, residual=residual, maps=5) for residual in (False, True))
    residual.set_weights(plain.get_weights())
    np.testing.assert_allclose(residual(images), plain(images), rtol=1e-6)


@pytest.mark.parametrize("residual", [False, True])
def test_ten_layers_keep_the_scale(images, residual):
    maps = stack(10, 8, residual=residual)(images).numpy()
    assert 0.5 < maps.std(axis=(0, 1, 2)).mean() < 1.5
