import numpy as np
import pytest
import tensorflow as tf

from hps_tf.fitting.tangent_variables import FRAME_SIZE, TangentVariables
from hps_tf.geometry import axis_angle


@pytest.fixture(scope="module")
def layout():
    return TangentVariables(num_frames=2, num_fitted_shape=10)


@pytest.fixture(scope="module")
def expected(about):
    return about().by_window(2)


@pytest.fixture(scope="module")
def variables(layout):
    rng = np.random.default_rng(0)
    return tf.constant(rng.normal(size=(3, layout.size)), tf.float32)


def test_size_is_that_of_frames_and_shape(layout):
    assert (FRAME_SIZE, layout.size) == (69, 2 * 69 + 10)


def test_zero_is_the_bodies_expected(layout, expected):
    bodies = layout.split(tf.zeros((3, layout.size)), expected)
    np.testing.assert_allclose(bodies.rotation_matrices, expected.rotation_matrices, atol=1e-6)
    np.testing.assert_allclose(bodies.translation, expected.translation, rtol=1e-6)
    np.testing.assert_array_equal(bodies.shape, expected.shape)


def test_bodies_and_variables_are_inverse(layout, expected, variables):
    bodies = layout.split(variables, expected)
    np.testing.assert_allclose(layout.join(bodies, expected), variables, atol=2e-4)


def test_variables_are_counted_in_standard_deviations(layout, expected):
    knee, frame = 4, 1
    vector = np.zeros((3, layout.size), np.float32)
    first = frame * FRAME_SIZE + 3 * knee
    vector[:, first : first + 3] = [1.0, -2.0, 0.5]
    bodies = layout.split(tf.constant(vector), expected)
    deviations = expected.spread.pose[:, frame, knee - 1].numpy()
    turns = axis_angle.to_matrix(deviations * [1.0, -2.0, 0.5])
    np.testing.assert_allclose(
        bodies.rotation_matrices[:, frame, knee],
        expected.rotation_matrices[:, frame, knee].numpy() @ turns,
        atol=1e-6,
    )
    np.testing.assert_allclose(bodies.pose_variables[:, 1, 9:12], [[1.0, -2.0, 0.5]] * 3)


def test_maps_are_derivatives(layout, expected, variables):
    turn_maps, place_maps = layout.maps(variables, expected)
    step = 1e-2
    for axis in range(3):
        moved = []
        for sign in (1, -1):
            frames = np.zeros((3, 2, FRAME_SIZE), np.float32)
            frames[..., axis:66:3] = frames[..., 66 + axis] = sign * step
            move = np.concatenate([frames.reshape(3, -1), np.zeros((3, 10))], axis=1)
            moved.append(layout.split(variables + move.astype(np.float32), expected))
        forward, backward = moved
        places = (forward.translation - backward.translation) / (2 * step)
        np.testing.assert_allclose(place_maps[..., axis], places, atol=1e-3)
        turns = tf.matmul(backward.rotation_matrices, forward.rotation_matrices, transpose_a=True)
        turns = axis_angle.from_matrix(turns)[:, :, :22] / (2 * step)
        np.testing.assert_allclose(turn_maps[..., axis], turns, atol=2e-4)


def test_frames_and_windows_are_inverse(layout, variables):
    frames = layout.to_frames(variables.numpy())
    assert frames.shape == (6, 79)
    np.testing.assert_array_equal(frames[0, -10:], frames[1, -10:])
    np.testing.assert_allclose(layout.from_frames(frames), variables, rtol=1e-6)


def test_what_is_certain_stays(layout, expected):
    certain = expected._replace(spread=tf.nest.map_structure(tf.zeros_like, expected.spread))
    bodies = layout.split(tf.ones((3, layout.size)), certain)
    np.testing.assert_allclose(bodies.rotation_matrices, expected.rotation_matrices, atol=1e-6)
    assert not layout.join(bodies._replace(shape=bodies.shape + 1.0), certain).numpy().any()
