"""A loss and a backbone of a module outside of the package, named by a config."""

import sys

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.errors import InputError
from trainers import tasks
from trainers.configs import base

MODULE = '''
import keras
import tensorflow as tf
from hps_tf.models import LossTerm, register_backbone, register_term


def hands(inputs):
    """Mean squared distance of the wrists, as a share of the image."""
    offset = inputs.last.keypoints_2d - inputs.batch.keypoints_2d
    return tf.reduce_mean(tf.square(offset[:, 9:11] / 64.0), axis=(1, 2))


def strided(image, options):
    return keras.layers.Conv2D(8, 5, options.feature_stride, "same", activation="relu")(image)


register_term("wrists", LossTerm(hands, label="has_keypoints"))
register_backbone("one_layer", strided)
'''


@pytest.fixture
def extension(tmp_path, monkeypatch):
    (tmp_path / "wrists_of_a_stranger.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "wrists_of_a_stranger"
    sys.modules.pop("wrists_of_a_stranger", None)


def test_a_strangers_loss_and_backbone_are_trained(extension, write_images, tmp_path):
    config = base.network("tiny")
    config.imports = (extension,)
    config.network.backbone = "one_layer"
    config.data.labelled.path = str(write_images(tmp_path / "images", train=4, val=2))
    config.batch_size = config.validation_batch_size = 2
    config.phases.supervised.weights = {"wrists": 1.0}
    task = tasks.create(config.lock())
    network = task.build()
    with tf.GradientTape() as tape:
        values, means = task.loss(task.batch(tf.constant(0, tf.int64)))
    assert set(means) == {"wrists"}
    assert np.isfinite(values).all()
    gradients = tape.gradient(values, [w.value for w in network.pose.trainable_variables])
    assert any(float(tf.norm(each)) > 0 for each in gradients if each is not None)


def test_a_module_that_is_missing_is_named():
    config = base.network("tiny")
    config.imports = ("no_such_module",)
    with pytest.raises(InputError, match=r"config\.imports: no_such_module: No module named"):
        tasks.create(config)
