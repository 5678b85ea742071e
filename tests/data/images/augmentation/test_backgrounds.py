import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.augmentation import backgrounds


@pytest.fixture
def uniform():
    return tf.random.stateless_uniform((8, backgrounds.NUM_DRAWS), (0, 0))


@pytest.fixture
def labels():
    labels = np.zeros((8, 32, 32), np.uint8)
    labels[:, 8:24, 10:20] = 4
    return tf.constant(labels)


@pytest.fixture
def photographs():
    """Red grows to the right, green downwards; blue is the photograph's number."""
    ramp = np.linspace(0, 255, 50)
    images = np.zeros((4, 50, 50, 3))
    images[..., 0] = ramp
    images[..., 1] = ramp[:, None]
    images[..., 2] = np.arange(4)[:, None, None] * 60
    return tf.constant(images.astype(np.uint8))


def test_the_person_stays_and_the_rest_is_replaced_with_a_soft_edge(uniform, labels):
    dark, bright = (
        backgrounds.replace(tf.fill((8, 32, 32, 3), tone), labels, uniform, None).numpy()
        for tone in (0.0, 1.0)
    )
    # How much of the old image is left.
    opacity = (bright - dark)[..., 0]
    np.testing.assert_allclose(opacity[:, 9:23, 11:19], 1, atol=1e-6)
    outside = np.ones((32, 32), bool)
    outside[7:25, 9:21] = False
    np.testing.assert_allclose(opacity[:, outside], 0, atol=1e-6)
    np.testing.assert_allclose(opacity[:, 15, 9:12], [[0.25, 0.75, 1.0]] * 8, atol=1e-6)


def test_photographs_are_cut_as_they_are_or_mirrored(uniform, labels, photographs):
    images = tf.zeros((8, 32, 32, 3))
    replaced = backgrounds.replace(images, labels * 0, uniform, photographs).numpy()
    numbers = replaced[..., 2] * 255 / 60
    np.testing.assert_allclose(numbers, numbers[:, :1, :1].round() + 0 * numbers, atol=1e-4)
    assert len(np.unique(numbers.round())) > 1
    steps = np.diff(replaced[..., 0], axis=2).mean((1, 2)) * 31
    assert (np.diff(replaced[..., 1], axis=1).mean((1, 2)) > 0).all()
    assert {1.0, -1.0} == set(np.sign(steps))
    assert (np.abs(steps) > 0.39).all()
    assert (np.abs(steps) <= 1.01).all()
