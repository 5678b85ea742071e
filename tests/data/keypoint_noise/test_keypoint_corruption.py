import numpy as np
import pytest
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.data.keypoint_noise import detector_noise, keypoint_corruption
from tests.data.posed import people

SEED = (4, 6)


@pytest.fixture(scope="module")
def many():
    return people(load_default(num_vertices=3000), 3000)


def _errors(many, found):
    true = detector_noise.slopes(many.keypoints)
    _, size = detector_noise.box(true)
    return (found.slopes - true).numpy() / size.numpy()[:, None, None]


def test_exact_keypoints_are_the_projections(many):
    found = keypoint_corruption.exactly(many)
    points = many.keypoints.numpy()
    np.testing.assert_allclose(found.slopes, points[..., :2] / points[..., 2:], rtol=1e-5)
    np.testing.assert_array_equal(found.confidence, 1)


def test_noise_is_normal_and_some_keypoints_are_missing(many):
    found = keypoint_corruption.with_noise(many, SEED)
    errors = _errors(many, found)
    deviations = errors.std(axis=(1, 2))
    assert 0.03 < np.quantile(deviations, 0.9) < 0.05
    assert deviations.min() < 0.002
    scaled = (errors / deviations[:, None, None])[deviations > 0.01]
    assert np.mean(np.abs(scaled) < 1) == pytest.approx(0.68, abs=0.02)
    assert set(np.unique(found.confidence)) == {0.0, 1.0}
    assert np.mean(found.confidence == 0) == pytest.approx(0.25, abs=0.02)


def test_evidence_is_of_all_kinds(many):
    found = keypoint_corruption.corrupt(many, SEED)
    largest = np.abs(_errors(many, found)).max(axis=(1, 2))
    is_sure = np.isin(found.confidence.numpy(), [0, 1]).all(axis=1)
    assert np.mean(largest < 1e-5) == pytest.approx(0.2, abs=0.03)
    assert np.mean(~is_sure) == pytest.approx(0.6 * (1 - 0.4 * 0.3), abs=0.04)
    exact = largest < 1e-5
    np.testing.assert_array_equal(found.confidence.numpy()[exact], 1)


def test_the_same_seed_gives_the_same_eager_and_in_a_graph(many):
    few = type(many)(*(value[:50] for value in many))
    eager = keypoint_corruption.corrupt(few, SEED)
    graph = tf.function(keypoint_corruption.corrupt)(few, tf.constant(SEED))
    for one, other in zip(eager, graph, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    other = keypoint_corruption.corrupt(few, (4, 7))
    assert not np.allclose(eager.slopes, other.slopes)
