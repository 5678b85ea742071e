import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.transform import Rotation

from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.data.keypoint_noise import movenet_noise
from hps_tf.data.keypoint_noise.random_draws import Draws

COUNT = 8000
NOTHING = tf.zeros((COUNT, 17), tf.bool)


def _landmarks(rotations, share=1.0):
    points = np.zeros((len(rotations), 17, 3), np.float32)
    shares = np.full(len(rotations), share, np.float32)
    return movenet_noise.landmarks(points, np.float32(rotations), shares).numpy()


def test_landmarks_move_symmetrically():
    moved = _landmarks(np.tile(np.eye(3), (1, 24, 1, 1)))[0]
    np.testing.assert_allclose(moved[list(mirror_permutation(COCO17_NAMES))] * [-1, 1, 1], moved)
    hip = moved[COCO17_NAMES.index("left_hip")]
    np.testing.assert_allclose(hip, [-0.010, 0.016, 0.020], atol=1e-6)


def test_landmarks_turn_with_their_joints():
    turn = Rotation.from_rotvec([0.3, -0.8, 0.5]).as_matrix()
    rotations = np.tile(np.eye(3), (1, 24, 1, 1))
    at_rest = _landmarks(rotations)[0]
    rotations[:, 0] = turn
    np.testing.assert_allclose(_landmarks(rotations)[0], at_rest @ turn.T, atol=1e-6)
    rotations[:, 0] = np.eye(3)
    rotations[:, 4] = turn  # The left knee carries the left ankle alone.
    moved = _landmarks(rotations)[0]
    ankle = COCO17_NAMES.index("left_ankle")
    np.testing.assert_allclose(moved[ankle], turn @ at_rest[ankle], atol=1e-6)
    others = np.arange(17) != ankle
    np.testing.assert_allclose(moved[others], at_rest[others], atol=1e-6)


def test_landmarks_go_the_share_of_the_way():
    rotations = np.tile(np.eye(3), (2, 24, 1, 1))
    np.testing.assert_allclose(_landmarks(rotations, 0.5), 0.5 * _landmarks(rotations), atol=1e-7)
    np.testing.assert_array_equal(_landmarks(rotations, 0.0), 0)


def test_errors_have_the_medians_and_the_tails_that_were_measured():
    distance, _ = movenet_noise.errors(NOTHING, Draws((1, 2)))
    medians = dict(zip(COCO17_NAMES, np.median(distance, axis=0), strict=True))
    assert medians["left_hip"] == pytest.approx(0.021, rel=0.08)
    assert medians["nose"] == pytest.approx(0.012, rel=0.08)
    ninth = dict(zip(COCO17_NAMES, np.quantile(distance, 0.9, axis=0), strict=True))
    assert 3 < ninth["left_wrist"] / medians["left_wrist"] < 9
    assert ninth["left_hip"] / medians["left_hip"] < 3


def test_errors_of_one_person_resemble_each_other():
    distance, _ = movenet_noise.errors(NOTHING, Draws((1, 2)))
    logarithms = np.log(distance)
    of_people = (logarithms - logarithms.mean(axis=0)).mean(axis=1).std()
    assert 0.45 < of_people < 0.65


def test_low_scores_tell_of_large_errors():
    distance, score = (value.numpy() for value in movenet_noise.errors(NOTHING, Draws((1, 2))))
    assert 0.5 < np.median(score) < 0.65
    low, high = distance[score < 0.3], distance[score > 0.7]
    assert np.median(low) > 2 * np.median(high)


def test_guesses_are_bad_and_known_to_be():
    everything = tf.ones((COUNT, 17), tf.bool)
    distance, score = (value.numpy() for value in movenet_noise.errors(everything, Draws((1, 2))))
    assert np.median(distance) == pytest.approx(0.06, rel=0.05)
    assert np.median(score) == pytest.approx(0.17, rel=0.05)
    assert (score > 0).all()
