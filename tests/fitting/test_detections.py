import numpy as np
import pytest

from hps_tf.fitting.detections import DETECTED_WEIGHTS, weights_for_evidence
from hps_tf.fitting.evidence import Evidence
from hps_tf.fitting.weights import DEFAULT_WEIGHTS


def seen(confidence):
    intrinsics = np.array([[[500.0, 0, 128], [0, 500, 128], [0, 0, 1]]])
    points = np.random.default_rng(0).uniform(0, 256, (1, 17, 2))
    return Evidence(points, np.array([confidence]), intrinsics)


@pytest.mark.parametrize("confidence", [[1.0] * 17, [1.0] * 5 + [0.0] * 12])
def test_labelled_keypoints_are_followed_as_by_default(confidence):
    assert weights_for_evidence(seen(confidence)) == DEFAULT_WEIGHTS


@pytest.mark.parametrize("confidence", [[0.9] * 17, [1.0] * 16 + [0.3], [0.0] * 16 + [4.0]])
def test_scored_keypoints_come_from_a_detector_and_may_be_wrong(confidence):
    weights = weights_for_evidence(seen(confidence))
    assert weights == DETECTED_WEIGHTS
    assert np.isfinite(weights.outlier)
    assert weights.prior > DEFAULT_WEIGHTS.prior
