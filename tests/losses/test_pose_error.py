import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.geometry import axis_angle
from hps_tf.losses import pose_error


@pytest.fixture
def poses():
    """Two batches of poses, `(5, 24, 3, 3)`."""
    pose = 0.3 * np.random.default_rng(0).normal(size=(2, 5, 24, 3)).astype(np.float32)
    return axis_angle.to_matrix(pose[0]), axis_angle.to_matrix(pose[1])


def test_mesh_error_with_all_vertices_is_that_of_the_embedded_body(poses):
    first, second = (load_default(3000)(rotation_matrices=pose).vertices.numpy() for pose in poses)
    expected = np.abs(first - second).mean(axis=(1, 2))
    error = pose_error.mesh_error(3000)(*poses)
    np.testing.assert_allclose(error, expected, rtol=1e-4)
    np.testing.assert_allclose(pose_error.mesh_error(500)(*poses), expected, rtol=0.05)


def test_rotation_error_is_the_mean_angle_of_the_body_joints():
    pose = np.zeros((1, 24, 3), np.float32)
    pose[:, 4, 0] = 0.7
    pose[:, [0, 22, 23]] = 1.0
    still = axis_angle.to_matrix(np.zeros_like(pose))
    error = pose_error.rotation_error(axis_angle.to_matrix(pose), still)
    np.testing.assert_allclose(error, [0.7 / 21], rtol=1e-5)


@pytest.mark.parametrize("error", [pose_error.mesh_error(50), pose_error.rotation_error])
def test_errors_of_equal_poses_are_zero_with_finite_gradients(error, poses):
    with tf.GradientTape() as tape:
        tape.watch(poses[0])
        value = error(poses[0], poses[0])
    np.testing.assert_allclose(value, np.zeros(5), atol=1e-5)
    assert np.isfinite(tape.gradient(value, poses[0])).all()
