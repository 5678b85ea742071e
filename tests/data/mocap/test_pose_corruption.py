import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.data.mocap import pose_corruption

SEED = (3, 4)


@pytest.fixture
def pose() -> np.ndarray:
    quaternions = Rotation.random(500 * 24, random_state=0).as_quat()
    return quaternions.reshape(500, 24, 4).astype(np.float32)


def angles(first, second) -> np.ndarray:
    return 2 * np.arccos(np.clip(np.abs((first * second).sum(-1)), 0, 1))


def test_exchanged_joints_are_those_of_other_poses(pose):
    exchanged = pose_corruption.exchange_joints(pose, SEED).numpy()
    for joint in (0, 7, 23):
        known = {tuple(row) for row in pose[:, joint]}
        assert {tuple(row) for row in exchanged[:, joint]} <= known
    assert (exchanged == pose).all(-1).mean() < 0.01
    row_of = [
        [np.flatnonzero((pose[:, joint] == row[joint]).all(-1))[0] for joint in range(24)]
        for row in exchanged[:5]
    ]
    assert all(len(set(rows)) > 15 for rows in row_of)


def test_turned_joints_are_told_and_the_others_stay(pose):
    wrong, turned = (tensor.numpy() for tensor in pose_corruption.turn_joints(pose, SEED))
    np.testing.assert_allclose(np.linalg.norm(wrong, axis=-1), 1, atol=1e-5)
    np.testing.assert_array_equal(wrong[~turned], pose[~turned])
    assert turned.mean() == pytest.approx(0.3, abs=0.03)
    turns = angles(wrong, pose)[turned]
    assert turns.min() > 0
    assert turns.mean() == pytest.approx(0.85, abs=0.1), "the middle of 0.2 to 1.5"


def test_turns_go_in_every_direction():
    identity = np.tile(np.array([0, 0, 0, 1], np.float32), (500, 24, 1))
    wrong, turned = (tensor.numpy() for tensor in pose_corruption.turn_joints(identity, SEED))
    axes = Rotation.from_quat(wrong[turned]).as_rotvec()
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    np.testing.assert_allclose(axes.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(axes.T @ axes / len(axes), np.eye(3) / 3, atol=0.05)


def test_turning_composes_with_the_recorded_rotation(pose):
    wrong, turned = (tensor.numpy() for tensor in pose_corruption.turn_joints(pose, SEED))
    identity = np.zeros_like(pose) + np.array([0, 0, 0, 1], np.float32)
    turn, _ = pose_corruption.turn_joints(identity, SEED)
    expected = Rotation.from_quat(pose[turned]) * Rotation.from_quat(turn.numpy()[turned])
    np.testing.assert_allclose(angles(wrong[turned], expected.as_quat()), 0, atol=2e-3)


def test_random_rotations_are_uniform():
    drawn = pose_corruption.random_rotations(400, SEED).numpy()
    assert drawn.shape == (400, 24, 4)
    matrices = Rotation.from_quat(drawn.reshape(-1, 4)).as_matrix()
    np.testing.assert_allclose(matrices.mean(0), 0, atol=0.03)


def test_same_seed_gives_the_same_poses_in_graph_and_eager(pose):
    for corrupt in (pose_corruption.exchange_joints, lambda *a: pose_corruption.turn_joints(*a)[0]):
        first = corrupt(pose, SEED)
        np.testing.assert_allclose(tf.function(corrupt)(pose, SEED), first, atol=1e-6)
        assert np.abs(first - corrupt(pose, (3, 5))).max() > 0.1


def test_wrong_shapes_are_named(pose):
    with pytest.raises(ValueError, match="`pose`: expected shape"):
        pose_corruption.exchange_joints(pose[:, :21], SEED)
    with pytest.raises(ValueError, match="`pose`: expected shape"):
        pose_corruption.turn_joints(pose[..., :3], SEED)
