import keras
import numpy as np
import pytest

from trainers import optimizer as optimizers
from trainers.configs import base


def _rate(schedule, step):
    return float(keras.ops.convert_to_numpy(schedule(step)))


def test_rate_rises_linearly_then_falls_along_a_cosine():
    schedule = optimizers.learning_rate_schedule(0.1, 10, 0.01, steps=110)
    assert _rate(schedule, 0) == 0
    assert _rate(schedule, 5) == pytest.approx(0.05)
    assert _rate(schedule, 10) == pytest.approx(0.1)
    assert _rate(schedule, 60) == pytest.approx(0.1 * (0.01 + 0.99 / 2))
    assert _rate(schedule, 110) == pytest.approx(0.001)


def test_rate_begins_at_its_peak_without_warm_up():
    assert _rate(optimizers.learning_rate_schedule(0.1, 0, 0.01, steps=10), 0) == pytest.approx(0.1)


def test_warm_up_longer_than_the_run_is_cut():
    schedule = optimizers.learning_rate_schedule(0.1, 500, 0.01, steps=11)
    assert _rate(schedule, 10) == pytest.approx(0.1)


@pytest.fixture
def model():
    layer = keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")
    return keras.Sequential([keras.Input((3,)), layer])


def _config(**changes):
    config = base.training()
    config.optimizer.warmup_steps = 0
    config.optimizer.learning_rate = 0.1
    config.optimizer.update(changes)
    return config


def test_only_kernels_decay(model):
    optimizer = optimizers.create(_config(weight_decay=0.5), model, num_replicas=1)
    zeros = [np.zeros(weight.shape, np.float32) for weight in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel, 1 - 0.1 * 0.5)
    np.testing.assert_array_equal(bias, 1)


def test_replicas_clip_alike_what_keras_will_sum(model):
    four = optimizers.create(_config(clip_norm=8.0), model, num_replicas=4)
    assert four.global_clipnorm == 2.0


def test_float16_scales_the_loss(model):
    config = _config()
    config.precision = "mixed_float16"
    optimizer = optimizers.create(config, model, num_replicas=1)
    assert float(keras.ops.convert_to_numpy(optimizer.scale_loss(1.0))) > 1000
    assert _rate(lambda _: optimizer.learning_rate, 0) == pytest.approx(0.1)
