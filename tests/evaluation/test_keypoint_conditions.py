import numpy as np
import pytest

from hps_tf.evaluation import keypoint_conditions
from hps_tf.evaluation.keypoint_conditions import CONDITIONS


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_seen_is_always_the_same(people, body, condition):
    (seen, true), (again, _) = (keypoint_conditions.see(people, body, condition) for _ in range(2))
    np.testing.assert_array_equal(seen.keypoints, again.keypoints)
    np.testing.assert_array_equal(seen.confidence, again.confidence)
    assert seen.keypoint_set == "coco17"
    assert true.shape == (len(people), 17, 2)


def test_exact_keypoints_are_all_there(people, body):
    seen, true = keypoint_conditions.see(people, body, "exact")
    np.testing.assert_allclose(seen.keypoints, true, atol=1e-4)
    np.testing.assert_array_equal(seen.confidence, 1)
    assert true.min() > 0
    assert true.max() < 255


@pytest.mark.parametrize(
    ("condition", "pixels"), [("4 px, 20 % missing", 4), ("8 px, 40 % missing", 8)]
)
def test_noise_has_its_deviation_and_its_share_is_missing(people, body, condition, pixels):
    seen, true = keypoint_conditions.see(people, body, condition)
    assert np.std(seen.keypoints - true) == pytest.approx(pixels, rel=0.1)
    share = {4: 0.2, 8: 0.4}[pixels]
    assert np.mean(seen.confidence == 0) == pytest.approx(share, abs=0.06)
    assert np.count_nonzero(seen.confidence, axis=1).min() >= 5


def test_detectors_tell_how_sure_they_are(people, body):
    seen, true = keypoint_conditions.see(people, body, "detector")
    error = np.linalg.norm(seen.keypoints - true, axis=-1)
    assert 1 < np.median(error[seen.confidence > 0]) < 10
    assert len(np.unique(seen.confidence)) > 100
