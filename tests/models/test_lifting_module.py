import keras
import numpy as np
import pytest
import tensorflow as tf

from hps_tf.models import lifting_module

INPUTS = np.random.default_rng(0).normal(size=(5, 52)).astype(np.float32)


@pytest.fixture(scope="module")
def module():
    keras.utils.set_random_seed(0)
    return lifting_module.build(width=24, blocks=2)


def test_outputs_have_their_sizes_and_start_near_zero(module):
    outputs = module(INPUTS)
    shapes = {name: tuple(value.shape) for name, value in outputs.items()}
    assert shapes == {"root": (5, 6), "pose": (5, 126), "shape": (5, 10), "log_variances": (5, 96)}
    for name in ("root", "pose", "shape"):
        assert np.abs(outputs[name]).max() < 0.1


def test_the_number_of_blocks_and_the_width_are_those_asked_for(module):
    per_block = 2 * 24 + 2 * (24 * 24 + 24)
    one = lifting_module.build(width=24, blocks=1)
    assert module.count_params() - one.count_params() == per_block


def test_log_variances_stay_within_their_bounds(module):
    extreme = module(1e6 * INPUTS)["log_variances"].numpy()
    assert extreme.min() >= -14
    assert extreme.max() <= 3
    assert np.ptp(extreme) > 10


def test_learning_log_variances_leaves_the_predictions(module):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(module(INPUTS)["log_variances"])
    gradients = tape.gradient(loss, module.trainable_variables)
    learnt = {
        weight.path.split("/")[0]
        for weight, gradient in zip(module.trainable_variables, gradients, strict=True)
        if gradient is not None
    }
    assert learnt == {"spread_hidden", "spread"}


def test_a_saved_module_gives_the_same_outputs(module, tmp_path):
    module.save(tmp_path / "module.keras")
    again = keras.models.load_model(tmp_path / "module.keras")
    for name, value in again(INPUTS).items():
        np.testing.assert_array_equal(value, module(INPUTS)[name])


def test_the_regressors_rounds_share_their_weights_and_start_near_zero():
    once, thrice = (lifting_module.build(width=24, blocks=1, rounds=rounds) for rounds in (1, 3))
    assert once.count_params() == thrice.count_params()
    for layer in once.layers:
        if layer.weights:
            thrice.get_layer(layer.name).set_weights(layer.get_weights())
    first, third = once(INPUTS), thrice(INPUTS)
    for name in ("root", "pose", "shape"):
        assert third[name].shape == first[name].shape
        assert np.abs(third[name]).max() < 0.1
        assert not np.allclose(third[name], first[name], atol=1e-6)


def test_a_round_corrects_what_the_one_before_gave():
    module = lifting_module.build(width=24, blocks=1, rounds=2)
    module.get_layer("shape").kernel.assign(np.zeros((24, 10)))
    module.get_layer("shape").bias.assign(np.full(10, 0.5))
    np.testing.assert_allclose(module(INPUTS)["shape"], 1.0, atol=1e-6)
