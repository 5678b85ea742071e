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


def test_the_person_stays_and_the_rest_is_replaced_with_a_soft_edge(uniform, labels):
    dark, bright = (
        backgrounds.replace(tf.fill((8, 32, 32, 3), tone), labels, uniform).numpy()
        for tone in (0.0, 1.0)
    )
    # How much of the old image is left.
    opacity = (bright - dark)[..., 0]
    np.testing.assert_allclose(opacity[:, 9:23, 11:19], 1, atol=1e-6)
    outside = np.ones((32, 32), bool)
    outside[7:25, 9:21] = False
    np.testing.assert_allclose(opacity[:, outside], 0, atol=1e-6)
    np.testing.assert_allclose(opacity[:, 15, 9:12], [[0.25, 0.75, 1.0]] * 8, atol=1e-6)
