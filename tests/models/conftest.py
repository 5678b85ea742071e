import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.models import PRESETS, LiftingNetwork, LiftingOptions, StagedNetwork
from tests import loaded_once


@pytest.fixture(scope="session")
def prior():
    return loaded_once.prior("cmu-6d-light")


@pytest.fixture(scope="session")
def body():
    return load_default(3000)


@pytest.fixture(scope="session")
def tiny(prior, body):
    """The tiny network, not trained; tests must not change its weights."""
    tf.keras.utils.set_random_seed(0)
    return StagedNetwork(PRESETS["tiny"], prior, body.num_shape)


@pytest.fixture(scope="session")
def images():
    return np.random.default_rng(0).uniform(size=(2, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="session")
def intrinsics():
    """Two cameras, one with its principal point far from the middle."""
    return np.array(
        [
            [[90.0, 0, 31.5], [0, 90.0, 31.5], [0, 0, 1]],
            [[120.0, 0, 70.0], [0, 120.0, 5.0], [0, 0, 1]],
        ],
        np.float32,
    )


@pytest.fixture(scope="session")
def lifting():
    """A small lifting network, not trained, whose outputs differ from its mode; never changed."""
    tf.keras.utils.set_random_seed(0)
    mode = np.random.default_rng(0).normal(size=126)
    network = LiftingNetwork(LiftingOptions(width=16, blocks=2), mode, {"made": "by a test"})
    for weight in network.module.trainable_variables:
        weight.assign(weight + 0.1 * tf.random.normal(weight.shape))
    return network


@pytest.fixture(scope="session")
def photo(prior, body):
    """The network of MoveNet's keypoints and a small lifting module, not trained."""
    tf.keras.utils.set_random_seed(0)
    options = PRESETS["photo"].replaced(lifting_width=16, lifting_blocks=1)
    mode = np.random.default_rng(0).normal(size=126).astype(np.float32)
    return StagedNetwork(options, prior, body.num_shape, mode)


@pytest.fixture(scope="session")
def large_images():
    return np.random.default_rng(1).uniform(size=(2, 256, 256, 3)).astype(np.float32)
