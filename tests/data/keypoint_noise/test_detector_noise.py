import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.data.keypoint_noise import detector_noise
from tests.data.posed import people

SEED = (4, 6)


@pytest.fixture(scope="module")
def many():
    return people(load_default(num_vertices=3000), 3000)


@pytest.fixture(scope="module")
def found(many):
    return [value.numpy() for value in detector_noise.detect(many, SEED)]


def _sizes(many):
    true = detector_noise.slopes(many.keypoints)
    _, size = detector_noise.box(true)
    return true.numpy(), size.numpy()


def test_most_keypoints_are_found_within_a_few_percent(many, found):
    slopes, confidence = found
    true, size = _sizes(many)
    error = np.linalg.norm(slopes - true, axis=2) / size[:, None]
    assert 0.01 < np.median(error[confidence > 0]) < 0.03
    assert 0.03 < np.mean(error[confidence > 0] > 0.2) < 0.12


def test_confidences_are_shares_and_some_detectors_keep_them_to_themselves(found):
    confidence = found[1]
    assert confidence.min() >= 0
    assert confidence.max() <= 1
    constant = ((confidence == 1) | (confidence == 0)).all(axis=1)
    assert 0.08 < constant.mean() < 0.18


def test_confident_keypoints_are_nearer_to_the_truth(many, found):
    slopes, confidence = found
    true, size = _sizes(many)
    error = np.linalg.norm(slopes - true, axis=2) / size[:, None]
    doubtful = (confidence > 0) & (confidence < 0.3)
    sure = (confidence > 0.7) & (confidence < 1)
    assert np.median(error[doubtful]) > 2.5 * np.median(error[sure])


def test_some_keypoints_are_missing_but_some_are_left_to_everybody(found):
    num_found = np.count_nonzero(found[1] > 0, axis=1)
    assert num_found.min() >= 4
    assert 0.05 < np.mean(found[1] == 0) < 0.25
    assert np.mean(num_found == 17) > 0.5  # Thunder leaves nothing out.


def test_left_and_right_are_exchanged_at_times(many, found):
    slopes, _ = found
    true, size = _sizes(many)
    swapped = true[:, mirror_permutation(COCO17_NAMES)]
    hips = [COCO17_NAMES.index(f"{side}_hip") for side in ("left", "right")]
    apart = np.linalg.norm(true[:, hips] - swapped[:, hips], axis=2).min(axis=1) > 0.15 * size
    nearer = np.linalg.norm(slopes - swapped, axis=2) < np.linalg.norm(slopes - true, axis=2)
    assert 0.04 < nearer[apart][:, hips].all(axis=1).mean() < 0.12


def test_nothing_is_found_beyond_the_border(many, found):
    slopes, confidence = found
    true, _ = _sizes(many)
    ankles = [COCO17_NAMES.index(f"{side}_ankle") for side in ("left", "right")]
    lowest = slopes[..., 1].max(axis=1, keepdims=True)
    cut = (true[:, ankles, 1] > lowest + 0.1 * np.ptp(true[..., 1], axis=1, keepdims=True)).all(1)
    assert 0.05 < cut.mean() < 0.3
    assert np.median(confidence[cut][:, ankles]) < 0.5


def test_dropping_leaves_a_few():
    confidence = tf.ones((2, 17))
    is_missing = np.zeros((2, 17), bool)
    is_missing[0, :14], is_missing[1, :10] = True, True
    dropped = detector_noise.drop(confidence, tf.constant(is_missing)).numpy()
    np.testing.assert_array_equal(dropped[0], 1)
    np.testing.assert_array_equal(dropped[1], ~is_missing[1])


def test_the_same_seed_finds_the_same_eager_and_in_a_graph(many):
    few = type(many)(*(value[:50] for value in many))
    eager = detector_noise.detect(few, SEED)
    graph = tf.function(detector_noise.detect)(few, tf.constant(SEED))
    for one, other in zip(eager, graph, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    again = detector_noise.detect(few, (4, 7))
    assert not np.allclose(eager.confidence, again.confidence)


def test_slopes_of_what_is_nearly_in_the_camera_are_finite():
    points = np.array([[[0.1, 0.2, 0.0], [1.0, 2.0, 4.0]]], np.float32)
    np.testing.assert_allclose(
        detector_noise.slopes(points), [[[0.5, 1.0], [0.25, 0.5]]], rtol=1e-6
    )
