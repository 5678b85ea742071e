import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.priors import pose_space

SPACES = [pose_space.AXIS_ANGLE, pose_space.SIX_D]


@pytest.fixture
def pose() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.6, (2, 5, 24, 3)).astype(np.float32)


@pytest.fixture(params=SPACES, ids=lambda space: space.name)
def space(request):
    return request.param


def test_dimensions_are_21_joints(space):
    assert space.dim == {"axis_angle": 63, "6d": 126}[space.name]
    assert pose_space.get(space.name) is space


def test_keeps_batch_axes(space, pose):
    vector = space.from_pose(pose)
    assert vector.shape == (2, 5, space.dim)
    assert space.to_pose(vector).shape == (2, 5, 24, 3)
    assert space.to_matrices(vector).shape == (2, 5, 24, 3, 3)
    assert space.from_pose(pose[0, 0]).shape == (space.dim,)


def test_round_trip_keeps_body_joints_and_zeroes_root_and_hands(space, pose):
    back = space.to_pose(space.from_pose(pose)).numpy()
    np.testing.assert_allclose(back[..., 1:22, :], pose[..., 1:22, :], atol=2e-5)
    assert not back[..., [0, 22, 23], :].any()


def test_matrices_agree_with_scipy(space, pose):
    matrices = space.to_matrices(space.from_pose(pose)).numpy()
    expected = Rotation.from_rotvec(pose.reshape(-1, 3)).as_matrix().reshape(2, 5, 24, 3, 3)
    np.testing.assert_allclose(matrices[..., 1:22, :, :], expected[..., 1:22, :, :], atol=1e-5)
    np.testing.assert_array_equal(matrices[..., 22, :, :], np.broadcast_to(np.eye(3), (2, 5, 3, 3)))


def test_from_matrices_agrees_with_from_pose(space, pose):
    matrices = Rotation.from_rotvec(pose.reshape(-1, 3)).as_matrix().reshape(2, 5, 24, 3, 3)
    vector = space.from_matrices(matrices.astype(np.float32))
    np.testing.assert_allclose(vector, space.from_pose(pose), atol=2e-5)


def test_6d_is_the_first_then_the_second_column(pose):
    vector = pose_space.SIX_D.from_pose(pose).numpy()
    matrix = Rotation.from_rotvec(pose[0, 0, 1]).as_matrix()
    np.testing.assert_allclose(vector[0, 0, :6], [*matrix[:, 0], *matrix[:, 1]], atol=1e-5)


def test_projection_is_idempotent(space):
    noisy = tf.random.stateless_normal((4, space.dim), (0, 1))
    once = space.project(noisy)
    np.testing.assert_allclose(space.project(once), once, atol=2e-5)


def test_eager_graph_and_xla_agree(space, pose):
    def round_trip(x):
        return space.from_matrices(space.to_matrices(space.from_pose(x)))

    eager = round_trip(tf.constant(pose))
    np.testing.assert_allclose(tf.function(round_trip)(pose), eager, atol=1e-5)
    np.testing.assert_allclose(tf.function(round_trip, jit_compile=True)(pose), eager, atol=1e-5)


def test_unknown_name_lists_the_spaces():
    with pytest.raises(ValueError, match="axis_angle, 6d, received 'quaternion'"):
        pose_space.get("quaternion")


def test_wrong_shapes_name_argument_and_shape(space):
    with pytest.raises(
        ValueError, match=r"`pose`: expected shape \(..., 24, 3\), received \(8, 72\)"
    ):
        space.from_pose(tf.zeros((8, 72)))
    with pytest.raises(ValueError, match=r"`vector`: expected shape"):
        space.to_pose(tf.zeros((8, 72)))
