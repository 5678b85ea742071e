import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from hps_tf.geometry import axis_angle, camera, rotation_6d
from hps_tf.models import PRESETS, BodyDecoder
from hps_tf.models.body_decoder import root_facing, view_rotation

IDENTITY_6D = np.array([1, 0, 0, 0, 1, 0], np.float32)


@pytest.fixture(scope="module")
def person(prior, body, intrinsics):
    """Two bodies in front of the two cameras, as numbers that the network would give."""
    latent = np.random.default_rng(0).normal(size=(2, prior.latent_dim)).astype(np.float32)
    turn = axis_angle.to_matrix(tf.constant([[0.1, 0.5, -0.2], [0.0, -1.0, 0.1]]))
    rotations = prior.space.to_matrices(prior.decode(latent))
    root = tf.matmul(view_rotation(intrinsics, 64), root_facing(turn))
    rotations = tf.concat([root[:, tf.newaxis], rotations[:, 1:]], axis=1)
    shape = np.random.default_rng(1).normal(size=(2, 16)).astype(np.float32)
    away = tf.matmul(view_rotation(intrinsics, 64), tf.constant([[[0.0], [0.1], [4.0]]] * 2))[
        ..., 0
    ]
    keypoints = body.keypoints("coco17", rotation_matrices=rotations, shape=shape, translation=away)
    pose = tf.concat([rotation_6d.from_matrix(turn) - IDENTITY_6D, latent], axis=1)
    return pose, shape, away, rotations, camera.project(keypoints, intrinsics)


def test_the_networks_numbers_become_the_person_they_are_of(person, body, prior, intrinsics):
    pose, shape, away, rotations, keypoints = person
    decoder = BodyDecoder(PRESETS["tiny"], body, prior)
    found = decoder(pose, shape, intrinsics, keypoints, tf.ones((2, 17)))
    np.testing.assert_allclose(found.rotation_matrices, rotations, atol=1e-5)
    np.testing.assert_allclose(found.translation, away, atol=1e-3)
    expected = body(rotation_matrices=rotations, shape=shape, translation=away)
    np.testing.assert_allclose(found.vertices, expected.vertices, atol=1e-3)
    np.testing.assert_allclose(found.keypoints_2d, keypoints, atol=0.05)


def test_zero_is_an_upright_body_that_faces_the_camera(body, prior, intrinsics):
    decoder = BodyDecoder(PRESETS["tiny"], body, prior)
    nowhere = tf.zeros((2, 17))
    found = decoder(
        tf.zeros((2, 132)), tf.zeros((2, 16)), intrinsics, tf.zeros((2, 17, 2)), nowhere
    )
    head, foot = found.joints[:, 15], found.joints[:, 10]
    assert (head[:, 1] < foot[:, 1]).numpy().all()
    nose = found.keypoints_3d[:, 0]
    assert (tf.norm(nose, axis=1) < tf.norm(head, axis=1)).numpy().all()


def test_view_rotation_turns_the_axis_to_the_middle_of_the_image(intrinsics):
    rotation = view_rotation(intrinsics, 64)
    ray = rotation[:, :, 2:]
    pixel = camera.project(tf.transpose(ray, (0, 2, 1)), intrinsics)
    np.testing.assert_allclose(pixel[:, 0], [[31.5, 31.5]] * 2, atol=1e-3)
    np.testing.assert_allclose(
        tf.matmul(rotation, rotation, transpose_b=True), np.tile(np.eye(3), (2, 1, 1)), atol=1e-6
    )
    np.testing.assert_allclose(rotation[0], np.eye(3), atol=1e-6)


@pytest.mark.parametrize("output", ["6d", "axis_angle"])
def test_zero_of_other_outputs_is_the_priors_likeliest_pose(output, body, prior):
    options = dataclasses.replace(PRESETS["tiny"], pose_output=output)
    decoder = BodyDecoder(options, body, prior)
    dim = {"6d": 126, "axis_angle": 63}[output]
    likely = prior.space.to_matrices(prior.decode(tf.zeros((1, prior.latent_dim))))
    found = decoder.body_rotations(tf.zeros((1, dim)))
    np.testing.assert_allclose(found[:, 1:22], likely[:, 1:22], atol=1e-5)


def test_gradients_reach_pose_and_shape_through_the_translation(person, body, prior, intrinsics):
    pose, shape, _, _, keypoints = person
    decoder = BodyDecoder(PRESETS["tiny"], body, prior)

    def loss(pose, shape):
        found = decoder(pose, shape, intrinsics, keypoints + 1.0, tf.ones((2, 17)))
        return tf.reduce_sum(tf.square(found.keypoints_2d - keypoints))

    shape = tf.constant(shape)
    with tf.GradientTape() as tape:
        tape.watch([pose, shape])
        value = loss(pose * 0.9, shape)
    by_pose, by_shape = tape.gradient(value, [pose, shape])
    assert np.isfinite(by_pose).all()
    assert np.abs(by_shape).max() > 0
    direction = tf.random.stateless_normal(pose.shape, (0, 0))
    ahead, behind = (loss((pose + sign * 1e-3 * direction) * 0.9, shape) for sign in (1, -1))
    slope = float(tf.reduce_sum(by_pose * direction))
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-3, rtol=5e-2)
