import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body.mirror import mirror_rotation_matrices
from hps_tf.geometry import rotation_6d
from hps_tf.models import lifting_mirror

SIZES = {"evidence": 52, "root": 6, "pose": 126, "shape": 10, "log_variances": 96}


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_the_mirror_image_of_a_mirror_image_is_the_original(name, size):
    numbers = np.random.default_rng(0).normal(size=(3, size)).astype(np.float32)
    mirrored = lifting_mirror.mirror(name, numbers)
    np.testing.assert_array_equal(lifting_mirror.mirror(name, mirrored), numbers)
    assert np.array_equal(mirrored, numbers) == (name == "shape")


def test_rotations_are_mirrored_as_those_of_bodies_are():
    rotations = Rotation.random(48, random_state=0).as_matrix().reshape(2, 24, 3, 3)
    rotations = rotations.astype(np.float32)
    expected = mirror_rotation_matrices(rotations)
    vectors = tf.reshape(rotation_6d.from_matrix(rotations), [2, 24, 6])
    pose = lifting_mirror.mirror("pose", tf.reshape(vectors[:, 1:22], [2, 126]))
    made = rotation_6d.to_matrix(tf.reshape(pose, [2, 21, 6]))
    np.testing.assert_allclose(made, expected[:, 1:22], atol=1e-5)
    root = rotation_6d.to_matrix(lifting_mirror.mirror("root", vectors[:, 0]))
    np.testing.assert_allclose(root, expected[:, 0], atol=1e-5)


def test_spreads_go_with_their_joints_and_keypoints():
    numbers = np.arange(96, dtype=np.float32)[None]
    mirrored = lifting_mirror.mirror("log_variances", numbers)[0].numpy()
    pose = mirrored[:63].reshape(21, 3)
    np.testing.assert_array_equal(pose[0], [3, 4, 5])  # The left hip's are the right hip's.
    np.testing.assert_array_equal(pose[2], [6, 7, 8])  # The first of the spine's stay.
    np.testing.assert_array_equal(mirrored[63:79], numbers[0, 63:79])
    np.testing.assert_array_equal(mirrored[79:84], [79, 81, 80, 83, 82])
