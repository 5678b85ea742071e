import numpy as np
import tensorflow as tf

from hps_tf.detection.candidates import Candidates


def _candidates(corners, scores, jitter=0.0):
    rng = np.random.default_rng(0)
    figure = rng.uniform(0, 50, (17, 2))
    points = np.array([figure + corner for corner in corners])
    points += rng.normal(0, 1, points.shape) * jitter
    boxes = np.array([[*corner, 50, 50] for corner in corners])
    ones = np.ones((len(corners), 17))
    arrays = (boxes, points, ones, np.array(scores))
    return Candidates(*(tf.constant(values, tf.float32) for values in arrays))


def test_a_person_found_twice_is_kept_once_with_the_better_score():
    people = _candidates([(0, 0), (200, 0), (1, 1)], [0.4, 0.3, 0.6], jitter=1.0)
    best = people.best(10, 0.1)
    np.testing.assert_allclose(best.score, [0.6, 0.3])
    np.testing.assert_allclose(best.boxes[:, 0], [1, 200])
    np.testing.assert_array_equal(best.keypoints[0], people.keypoints[2])


def test_the_likeliest_are_kept_in_order():
    corners = [(100 * i, 0) for i in range(5)]
    best = _candidates(corners, [0.1, 0.5, 0.3, 0.05, 0.4]).best(3, 0.08)
    np.testing.assert_allclose(best.score, [0.5, 0.4, 0.3])


def test_nobody_is_left_where_no_score_is_enough():
    best = _candidates([(0, 0)], [0.05]).best(3, 0.08)
    assert best.boxes.shape == (0, 4)
    assert best.keypoints.shape == (0, 17, 2)


def test_half_a_person_is_the_whole_one():
    """The lower half of the keypoints of a half found is unsure and elsewhere."""
    people = _candidates([(0, 0), (0, 0)], [0.5, 0.3])
    points, confidence = people.keypoints.numpy(), people.confidence.numpy()
    points[1, 11:] = 0
    confidence[1, 11:] = 0.05
    half = people._replace(keypoints=tf.constant(points), confidence=tf.constant(confidence))
    assert len(half.best(5, 0.1).score) == 1
