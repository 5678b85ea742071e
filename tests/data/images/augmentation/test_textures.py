import numpy as np
import tensorflow as tf

from hps_tf.data.images.augmentation import textures


def test_paintings_are_smooth_varied_and_colours():
    uniform = tf.random.stateless_uniform((50, textures.NUM_DRAWS), (0, 1))
    images = textures.paint(uniform, 64).numpy()
    assert images.shape == (50, 64, 64, 3)
    assert images.min() >= 0
    assert images.max() <= 1
    assert np.abs(np.diff(images, axis=2)).mean() < 0.05
    assert images.std(axis=(1, 2)).mean() > 0.05
    assert images.mean(axis=(1, 2)).std(axis=0).min() > 0.15
