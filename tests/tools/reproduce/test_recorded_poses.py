import numpy as np
import pytest

from hps_tf.metrics import batches
from tools.reproduce import recorded_poses
from tools.reproduce.recorded_poses import RecordedPoses


@pytest.fixture(scope="module")
def poses():
    return np.random.default_rng(1).normal(scale=0.3, size=(9, 24, 3)).astype(np.float32)


def seen_from_the_pelvis(poses, body):
    ahead = poses.copy()
    ahead[:, 0] = 0.0
    joints = body.joints(pose=ahead).numpy()
    return joints[:, 1:] - joints[:, :1]


def test_a_recorded_pose_has_no_distance_however_it_is_turned(poses, body):
    turned = poses[::-1].copy()
    turned[:, 0] = [0.0, 2.0, 0.0]
    np.testing.assert_allclose(RecordedPoses(poses, body).distances(turned), 0.0, atol=1e-3)


def test_distances_are_those_to_the_nearest_by_root_mean_square(poses, body):
    recorded, others = poses[:5], poses[5:]
    found = RecordedPoses(recorded, body).distances(others)
    squares = np.square(
        seen_from_the_pelvis(others, body)[:, None] - seen_from_the_pelvis(recorded, body)[None]
    ).sum(axis=-1)
    expected = 1000 * np.sqrt(squares.mean(axis=-1)).min(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_joints_that_move_by_a_centimetre_are_a_centimetre_apart(poses, body, monkeypatch):
    recorded = RecordedPoses(poses, body)
    monkeypatch.setattr(
        batches, "apply", lambda _, part: body.joints(pose=part).numpy() + moved[None]
    )
    moved = np.zeros((24, 3), np.float32)
    moved[1:, 0] = 0.01  # All but the pelvis.
    np.testing.assert_allclose(recorded.distances(poses), 10.0, rtol=1e-3)


def test_many_poses_are_thinned(poses, body, monkeypatch):
    monkeypatch.setattr(recorded_poses, "NUM_POSES", 2)
    found = RecordedPoses(poses, body).distances(poses)
    assert np.flatnonzero(found < 1e-3).tolist() == [0, len(poses) - 1]
