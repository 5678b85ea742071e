import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting import smoothness
from hps_tf.geometry import axis_angle


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(0)
    vectors = 0.3 * rng.normal(size=(2, 4, 5, 3)).astype(np.float32)
    return axis_angle.to_matrix(vectors), tf.constant(rng.normal(size=(2, 4, 3)), tf.float32)


def test_loss_is_half_the_mean_of_squared_steps():
    vectors = np.zeros((1, 3, 1, 3), np.float32)
    vectors[0, 1:, 0, 0] = 1e-2  # One step of a hundredth of a radian, and one of 5 cm.
    places = np.float32([[[0, 0, 2], [0, 0, 2], [0, 0.05, 2]]])
    found = smoothness.loss(axis_angle.to_matrix(vectors), places)
    expected = 0.5 * ((0.01 / 0.2) ** 2 + (0.05 / 0.1) ** 2) / 2
    np.testing.assert_allclose(found, [expected], rtol=1e-4)


def test_equations_are_derivatives_of_the_loss(frames):
    rotations, places = frames
    rng = np.random.default_rng(1)
    turn_maps = tf.constant(0.3 * rng.normal(size=(2, 4, 5, 3, 3)), tf.float32)
    place_maps = tf.constant(0.3 * rng.normal(size=(2, 4, 3, 3)), tf.float32)
    moves = tf.zeros((2, 4, 6, 3))
    with tf.GradientTape() as tape:
        tape.watch(moves)
        turned = axis_angle.to_matrix(tf.linalg.matvec(turn_maps, moves[:, :, :5]))
        moved = places + tf.linalg.matvec(place_maps, moves[:, :, 5])
        loss = smoothness.loss(tf.matmul(rotations, turned), moved)
    found = smoothness.linearise(rotations, places, turn_maps, place_maps)
    slope = tape.gradient(loss, moves)
    np.testing.assert_allclose(found.slope, slope, atol=1e-4 * np.abs(slope).max())


def test_curvature_is_that_of_still_frames(frames):
    rotations, _ = frames
    still = tf.repeat(rotations[:, :1], 4, axis=1)
    ones = tf.eye(3, batch_shape=[2, 4, 5])
    found = smoothness.linearise(still, tf.zeros((2, 4, 3)), ones, tf.eye(3, batch_shape=[2, 4]))
    turns, places = 1 / 0.2**2 / 3, 1 / 0.1**2 / 3
    for frame, neighbours in enumerate([1, 2, 2, 1]):
        np.testing.assert_allclose(
            found.own[0, frame, :5], np.tile(neighbours * turns * np.eye(3), (5, 1, 1)), atol=1e-4
        )
        np.testing.assert_allclose(
            found.own[0, frame, 5], neighbours * places * np.eye(3), rtol=1e-5
        )
    np.testing.assert_allclose(
        found.next[0, 1, :5], np.tile(-turns * np.eye(3), (5, 1, 1)), atol=1e-4
    )
