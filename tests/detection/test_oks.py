import numpy as np
import pytest
import tensorflow as tf
from pycocotools.cocoeval import Params

from hps_tf.detection import oks


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(0, 100, (3, 17, 2)).astype(np.float32)


def _reference(first, second, area, weights):
    """COCOeval.computeOks of one pair."""
    variances = (2 * Params("keypoints").kpt_oks_sigmas) ** 2
    squares = ((first - second) ** 2).sum(axis=-1)
    return np.average(np.exp(-squares / variances / area / 2), weights=weights)


def test_agrees_with_coco(points):
    weights = np.random.default_rng(1).uniform(size=17).astype(np.float32)
    moved = points[0] + np.random.default_rng(2).normal(0, 4, (17, 2)).astype(np.float32)
    found = oks.similarity(points[0], moved, tf.constant(2500.0), weights)
    assert 0.1 < found < 0.9
    np.testing.assert_allclose(found, _reference(points[0], moved, 2500.0, weights), rtol=1e-5)


def test_is_one_for_equal_poses_and_zero_without_weights(points):
    area = np.full(3, 900.0, np.float32)
    weights = np.ones((3, 17), np.float32)
    np.testing.assert_allclose(oks.similarity(points, points, area, weights), 1.0, rtol=1e-6)
    np.testing.assert_array_equal(oks.similarity(points, points, area, 0 * weights), 0.0)


def test_between_compares_each_with_each_by_the_larger_box(points):
    weights = np.random.default_rng(1).uniform(size=(3, 17)).astype(np.float32)
    boxes = np.float32([[0, 0, 50, 80], [0, 0, 200, 90], [0, 0, 0, 0]])
    found = oks.between(points, points[::-1], weights, boxes).numpy()
    areas = np.maximum(0.53 * boxes[:, 2] * boxes[:, 3], 1)
    for i in range(3):
        for j in range(3):
            area = max(areas[i], areas[j])
            expected = _reference(points[i], points[2 - j], area, weights[j])
            np.testing.assert_allclose(found[i, j], expected, rtol=1e-4, atol=1e-7)
