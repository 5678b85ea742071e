import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.mocap.pose_data import PoseData
from hps_tf.data.mocap.pose_sampler import PoseSampler
from hps_tf.geometry import axis_angle


@pytest.fixture
def data():
    """900 poses of one person, 100 of another; which pose and whose shows in joint 1's angle."""
    pose = np.zeros((1000, 24, 3), np.float32)
    pose[:, 1, 0] = np.linspace(0.1, 1.0, 1000)
    return PoseData(pose, np.array(["a"] * 900 + ["b"] * 100), pose[:1])


def _settings(**changes):
    return {"mirror": False, "limb_swapping": 0.0, "joint_mixing": 0.0, **changes}


def _angles(sampler, count, seed=(0, 1)):
    pose = axis_angle.from_quaternion(sampler.sample(count, tf.constant(seed, tf.int64)))
    return pose[:, 1, 0].numpy()


@pytest.mark.parametrize(("balance", "share_of_b"), [(0.0, 0.1), (0.5, 1 / (1 + 3)), (1.0, 0.5)])
def test_people_have_their_share(data, balance, share_of_b):
    angles = _angles(PoseSampler(data, **_settings(subject_balance=balance)), 20_000)
    assert np.mean(angles > data.train[899, 1, 0] + 1e-4) == pytest.approx(share_of_b, abs=0.015)


def test_all_poses_of_a_person_are_alike_likely(data):
    angles = _angles(PoseSampler(data, **_settings(subject_balance=0.0)), 20_000)
    assert np.mean(angles) == pytest.approx(0.55, abs=0.01)
    assert np.std(angles) == pytest.approx(0.9 / np.sqrt(12), abs=0.01)


def test_same_seed_gives_the_same_poses_eager_and_in_a_graph(data):
    sampler = PoseSampler(data, **_settings(limb_swapping=0.4, joint_mixing=0.2, mirror=True))
    seed = tf.constant([3, 4], tf.int64)
    eager = sampler.sample(50, seed)
    np.testing.assert_array_equal(eager, sampler.sample(50, seed))
    np.testing.assert_allclose(eager, tf.function(sampler.sample)(50, seed), atol=1e-6)
    assert not np.allclose(eager, sampler.sample(50, seed + 1))


def test_mirror_images_are_half_of_the_poses(data):
    pose = PoseSampler(data, **_settings(mirror=True)).sample(10_000, tf.constant([0, 1], tf.int64))
    moved = np.abs(axis_angle.from_quaternion(pose).numpy()[:, :, 0]) > 0.05
    assert moved[:, 1].mean() == pytest.approx(0.5, abs=0.02)
    assert (moved[:, 1] ^ moved[:, 2]).all()


def test_augmented_poses_are_unit_quaternions(data):
    sampler = PoseSampler(data, **_settings(limb_swapping=1.0, joint_mixing=1.0))
    pose = sampler.sample(100, tf.constant([0, 1], tf.int64))
    assert pose.shape == (100, 24, 4)
    np.testing.assert_allclose(tf.norm(pose, axis=-1), 1, atol=1e-6)
