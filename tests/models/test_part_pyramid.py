import numpy as np
import pytest
import tensorflow as tf

from hps_tf.models import PRESETS, part_pyramid


@pytest.fixture(scope="module")
def module():
    tf.keras.utils.set_random_seed(0)
    return part_pyramid.build(PRESETS["photo"])


def _inputs(count=1, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "features": tf.constant(rng.uniform(0, 0.5, (count, 64, 64, 24)).astype(np.float32)),
        "heatmaps": tf.constant(rng.uniform(0, 1, (count, 64, 64, 17)).astype(np.float32)),
    }


def test_maps_have_fifteen_labels_at_the_size_of_the_features(module):
    assert module(_inputs(2))["part_maps"].shape == (2, 64, 64, 15)


def test_a_label_depends_on_places_far_away(module):
    inputs = _inputs()
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        middle = tf.reduce_sum(module(inputs)["part_maps"][:, 32, 32])
    gradient = np.abs(tape.gradient(middle, inputs)["heatmaps"]).sum(axis=(0, 3))
    rows = np.flatnonzero(gradient.sum(axis=1) > 0)
    assert rows.max() - rows.min() >= 20


def test_every_weight_has_a_gradient(module):
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.square(module(_inputs(2))["part_maps"]))
    gradients = tape.gradient(value, [weight.value for weight in module.trainable_weights])
    assert all(float(tf.reduce_max(tf.abs(gradient))) > 0 for gradient in gradients)


def test_an_image_does_not_depend_on_the_others(module):
    both = _inputs(2)
    alone = {name: tensor[1:] for name, tensor in both.items()}
    np.testing.assert_allclose(module(both)["part_maps"][1:], module(alone)["part_maps"], atol=1e-4)


def test_eager_compiled_and_xla_agree(module):
    inputs = _inputs()
    eager = module(inputs)["part_maps"]
    for compiled in (tf.function(module), tf.function(module, jit_compile=True)):
        np.testing.assert_allclose(compiled(inputs)["part_maps"], eager, atol=1e-3)
