"""A network trained on labels of a body that is not the embedded one."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_small
from hps_tf.errors import InputError
from hps_tf.geometry import camera
from tests.body import many_joints
from trainers import tasks
from trainers.configs import base

SHIFT = np.float32([0.0, 0.2, 0.1])
LIMBS = slice(5, 17)


@pytest.fixture(scope="module")
def config(write_images, tmp_path_factory):
    directory = tmp_path_factory.mktemp("other_body")

    def changed(example):
        # A body turns about its pelvis, which a translation carries along.
        return dataclasses.replace(
            example,
            shape=example.shape[: many_joints.NUM_SHAPE],
            translation=example.translation - SHIFT,
        )

    config = base.network("tiny")
    config.network.body = str(many_joints.write(load_small(), directory, SHIFT))
    config.data.labelled.path = str(
        write_images(directory / "images", "smplx", many_joints.NUM_SHAPE, changed, train=8, val=8)
    )
    config.batch_size = config.validation_batch_size = 8
    return config


@pytest.fixture(scope="module")
def task(config):
    task = tasks.create(config)
    task.build()
    return task


def test_the_network_is_of_that_body(task):
    assert task.network.body == "smplx"
    assert task.network.num_shape == many_joints.NUM_SHAPE
    losses, means = task.loss(task.batch(tf.constant(0, tf.int64)))
    assert np.isfinite(losses).all()
    assert float(means["vertices"]) > 0


def test_augmented_labels_fit_the_augmented_images(task):
    found = task.batch(tf.constant(1, tf.int64)).examples
    body = task._predictor.decoder.body
    joints = body.keypoints(
        "coco17", pose=found.pose, shape=found.shape, translation=found.translation
    )
    distances = np.linalg.norm(
        camera.project(joints, found.intrinsics) - found.keypoints_2d, axis=-1
    )[:, LIMBS]
    seen = found.keypoint_weights.numpy()[:, LIMBS] > 0
    # Of the shape, 6 of the 16 components are left out.
    assert np.median(distances[seen]) < 1.0


def test_labels_of_the_embedded_body_are_refused(config, write_images, tmp_path):
    config = config.copy_and_resolve_references()
    config.data.labelled.path = str(write_images(tmp_path / "images", train=8, val=8))
    with pytest.raises(InputError, match=r"expected body 'smplx', that of config\.network\.body"):
        tasks.create(config)


def test_a_missing_body_is_named(config):
    config = config.copy_and_resolve_references()
    config.network.body = "nowhere.npz"
    with pytest.raises(InputError, match=r"config\.network\.body nowhere\.npz: "):
        tasks.create(config)
