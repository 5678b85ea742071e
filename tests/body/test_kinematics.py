import numpy as np
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import kinematics
from hps_tf.body.skeleton import NUM_JOINTS, PARENTS


def _random_rotations(rng, batch):
    return Rotation.random(batch * NUM_JOINTS, rng).as_matrix().reshape(batch, NUM_JOINTS, 3, 3)


def test_global_rotations_equal_a_walk_down_the_tree(rng):
    local = _random_rotations(rng, 3)
    expected = local.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        expected[:, joint] = expected[:, parent] @ local[:, joint]
    np.testing.assert_allclose(kinematics.global_rotations(tf.constant(local)), expected)


def test_positions_equal_a_walk_down_the_tree(rng):
    rotations, rest = _random_rotations(rng, 3), rng.normal(size=(3, NUM_JOINTS, 3))
    expected = rest.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        bone = rest[:, joint] - rest[:, parent]
        turned = np.einsum("bij,bj->bi", rotations[:, parent], bone)
        expected[:, joint] = expected[:, parent] + turned
    actual = kinematics.joint_positions(tf.constant(rotations), tf.constant(rest))
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_bones_keep_their_length(rng):
    rotations, rest = _random_rotations(rng, 1), rng.normal(size=(1, NUM_JOINTS, 3))
    joints = kinematics.joint_positions(tf.constant(rotations), tf.constant(rest)).numpy()

    def lengths(positions):
        return np.linalg.norm(positions[:, 1:] - positions[:, PARENTS[1:]], axis=-1)

    np.testing.assert_allclose(lengths(joints), lengths(rest))
