import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body import load_default
from hps_tf.data.keypoint_noise import posed_people
from tests.data.posed import people, quaternions


@pytest.fixture(scope="module")
def body():
    return load_default(num_vertices=3000)


@pytest.fixture(scope="module")
def many(body):
    return people(body, 3000)


def test_people_are_those_of_the_body_model(body, many):
    first = type(many)(*(value[:20] for value in many))
    arguments = {
        "rotation_matrices": first.rotation_matrices,
        "shape": first.shape,
        "translation": first.translation,
    }
    np.testing.assert_allclose(first.joints, body.joints(**arguments), atol=1e-5)
    np.testing.assert_allclose(first.keypoints, body.keypoints("coco17", **arguments), atol=1e-5)


def test_poses_are_kept_but_for_root_and_hands(body):
    pose = quaternions(30)
    found = posed_people.draw(pose, body, tf.constant([1, 2])).rotation_matrices.numpy()
    expected = Rotation.from_quat(pose.reshape(-1, 4)).as_matrix().reshape(30, 24, 3, 3)
    np.testing.assert_allclose(found[:, 1:22], expected[:, 1:22], atol=1e-5)
    np.testing.assert_array_equal(found[:, 22:], np.broadcast_to(np.eye(3), (30, 2, 3, 3)))


def test_people_are_in_front_of_the_camera_and_in_the_middle(many):
    assert many.keypoints.numpy()[..., 2].min() > 0.3
    middle = many.keypoints.numpy().min(axis=1) + many.keypoints.numpy().max(axis=1)
    np.testing.assert_allclose(middle[:, :2], 0, atol=1e-4)
    depth = many.translation.numpy()[:, 2]
    assert depth.max() <= 12.0 + 1e-4
    assert 0.05 < np.mean(depth < 1.8) < 0.25


def test_most_cameras_are_level_and_some_people_are_upside_down(body):
    upright = np.zeros((4000, 24, 4), np.float32)
    upright[..., 3] = 1
    found = posed_people.draw(upright, body, tf.constant([3, 4]))
    down = found.rotation_matrices.numpy()[:, 0, 1, 1]  # 1: the body's y axis points down.
    assert 0.55 < np.mean(down < -np.cos(np.radians(20))) < 0.85
    assert 0.01 < np.mean(down > 0.3) < 0.05
    facing = found.rotation_matrices.numpy()[:, 0, 2, 2]
    assert np.mean(facing < 0) == pytest.approx(0.5, abs=0.04)


def test_shapes_are_normal_and_clipped(body, many):
    shape = many.shape.numpy()
    assert shape.shape == (3000, body.num_shape)
    assert np.abs(shape).max() <= 2
    assert shape[:, :10].std() == pytest.approx(0.96, abs=0.02)
    np.testing.assert_array_equal(shape[:, 10:], 0)


def test_the_same_seed_gives_the_same_people_eager_and_in_a_graph(body):
    pose, seed = quaternions(20), tf.constant([7, 8])
    eager = posed_people.draw(pose, body, seed)
    graph = tf.function(lambda p, s: posed_people.draw(p, body, s))
    for one, other in zip(eager, graph(pose, seed), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert not np.allclose(eager.shape, posed_people.draw(pose, body, seed + 1).shape)


def test_a_wrong_shape_is_named(body):
    with pytest.raises(ValueError, match="`pose`: expected shape"):
        posed_people.draw(np.zeros((5, 22, 4)), body, (0, 1))


def test_a_window_has_one_shape_one_camera_and_the_recorded_path(body):
    pose = np.tile(quaternions(5)[:, None], (1, 3, 1, 1))
    path = np.random.default_rng(0).normal(scale=0.2, size=(5, 3, 3)).astype(np.float32)
    found = posed_people.draw_windows(tf.constant(pose), path, body, tf.constant([1, 2]))
    shape = found.shape.numpy().reshape(5, 3, -1)
    np.testing.assert_array_equal(shape, np.repeat(shape[:, :1], 3, axis=1))
    roots = found.rotation_matrices.numpy()[:, 0].reshape(5, 3, 3, 3)
    np.testing.assert_allclose(roots, np.repeat(roots[:, :1], 3, axis=1), atol=1e-6)
    recorded = Rotation.from_quat(pose[:, 0, 0]).as_matrix()
    views = roots[:, 0] @ np.swapaxes(recorded, 1, 2)
    moves = np.diff(found.translation.numpy().reshape(5, 3, 3), axis=1)
    np.testing.assert_allclose(
        moves, np.einsum("wij,wtj->wti", views, np.diff(path, axis=1)), atol=1e-5
    )
    points = found.keypoints.numpy().reshape(5, -1, 3)
    middle = points.min(axis=1) + points.max(axis=1)
    np.testing.assert_allclose(middle[:, :2], 0, atol=1e-4)


def test_people_alone_are_windows_of_one_frame(body):
    pose, seed = quaternions(4), tf.constant([3, 4])
    alone = posed_people.draw(pose, body, seed)
    windows = posed_people.draw_windows(pose[:, None], np.zeros((4, 1, 3), np.float32), body, seed)
    np.testing.assert_array_equal(alone.keypoints, windows.keypoints)
