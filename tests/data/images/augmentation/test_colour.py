import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.augmentation import colour, draws


@pytest.fixture
def images():
    return tf.random.stateless_uniform((6, 24, 24, 3), (0, 0))


def test_middling_numbers_change_no_colour(images):
    grading = colour.random_grading(tf.fill((6, 8), 0.5), 1.0)
    np.testing.assert_allclose(colour.grade(images, grading), images, atol=2e-4)


def test_grading_follows_its_formula(images):
    uniform = tf.random.stateless_uniform((6, 8), (1, 1))
    grading = colour.random_grading(uniform, 1.0)
    matrix, grey, offset, gamma = (part.numpy() for part in grading)
    rgb = images.numpy()
    luma = rgb @ [0.299, 0.587, 0.114]
    for example in range(6):
        linear = rgb[example] * matrix[example] + luma[example, ..., None] * grey[example]
        expected = np.clip(linear + offset[example], 1e-4, 1) ** gamma[example]
        np.testing.assert_allclose(colour.grade(images, grading)[example], expected, atol=1e-5)


def test_a_tenth_becomes_grey(images):
    uniform = tf.random.stateless_uniform((2000, 8), (2, 2))
    grading = colour.random_grading(uniform, 1.0)
    assert (grading.colour.numpy() == 0).all(1).mean() == pytest.approx(0.1, abs=0.02)


def test_blur_keeps_a_flat_image_and_widens_a_point_by_its_deviation():
    point = np.zeros((1, 65, 65, 3), np.float32)
    flat = np.full_like(point, 0.3)
    point[0, 32, 32] = 1
    width = tf.constant([2 / 65])
    np.testing.assert_allclose(colour.blur(tf.constant(flat), width), flat, atol=1e-6)
    blurred = colour.blur(tf.constant(point), width).numpy()[0, ..., 0]
    places = np.arange(65) - 32
    for profile in (blurred.sum(0), blurred.sum(1)):
        assert profile.sum() == pytest.approx(1, abs=1e-4)
        assert (profile * places**2).sum() == pytest.approx(4, rel=0.01)


def test_noise_has_the_deviation_asked_for_and_is_each_examples_own():
    seeds = tf.constant([[1, 2], [1, 3], [1, 2]], tf.int64)
    grey = tf.fill((3, 64, 64, 3), 0.5)
    noise = colour.add_noise(grey, tf.constant([0.05, 0.02, 0.05]), seeds).numpy() - 0.5
    assert noise[0].std() == pytest.approx(0.05, rel=0.05)
    assert noise[1].std() == pytest.approx(0.02, rel=0.05)
    np.testing.assert_array_equal(noise[0], noise[2])
    assert np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1] == pytest.approx(0, abs=0.05)


def test_results_are_colours(images):
    seeds = tf.reshape(tf.range(12, dtype=tf.int64), (6, 2))
    changed = colour.change(images, draws.uniform(seeds, colour.NUM_DRAWS), seeds, 2.0).numpy()
    assert changed.shape == (6, 24, 24, 3)
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert np.abs(changed - images).max(axis=(1, 2, 3)).min() > 0.02
