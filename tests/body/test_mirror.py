import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import mirror
from hps_tf.body.skeleton import JOINT_NAMES, MIRROR_JOINTS
from hps_tf.geometry import axis_angle


@pytest.fixture
def pose(rng):
    return rng.normal(0.0, 0.6, (4, 24, 3)).astype(np.float32)


def test_left_elbow_becomes_right_elbow(pose):
    left, right = JOINT_NAMES.index("l_elbow"), JOINT_NAMES.index("r_elbow")
    mirrored = mirror.mirror_pose(pose).numpy()
    np.testing.assert_array_equal(mirrored[:, right], pose[:, left] * [1.0, -1.0, -1.0])


def test_mirroring_twice_changes_nothing(pose):
    np.testing.assert_array_equal(mirror.mirror_pose(mirror.mirror_pose(pose)), pose)


def test_matrices_mirror_as_axis_angles_do(pose):
    expected = axis_angle.to_matrix(mirror.mirror_pose(pose))
    actual = mirror.mirror_rotation_matrices(axis_angle.to_matrix(pose))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_mirrored_pose_gives_mirrored_joints(body, pose):
    # The embedded body is symmetric to the 10 micrometres it is stored in.
    joints = body.joints(pose=pose).numpy()
    mirrored = body.joints(pose=mirror.mirror_pose(pose)).numpy()
    np.testing.assert_allclose(mirrored, joints[:, MIRROR_JOINTS] * [-1.0, 1.0, 1.0], atol=1e-4)


def test_any_batch_shape_and_graph_mode(pose):
    batched = pose.reshape(2, 2, 24, 3)
    graph = tf.function(mirror.mirror_pose, jit_compile=True)(batched)
    np.testing.assert_array_equal(graph, mirror.mirror_pose(pose).numpy().reshape(2, 2, 24, 3))


@pytest.mark.parametrize(
    ("function", "name"),
    [(mirror.mirror_pose, "pose"), (mirror.mirror_rotation_matrices, "rotation_matrices")],
)
def test_wrong_shape_is_named(function, name):
    with pytest.raises(ValueError, match=rf"`{name}`: expected shape .*24, 3.*\(8, 72\)"):
        function(tf.zeros((8, 72)))
