import numpy as np
import pytest

from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.cli.evaluate.keypoints import text as as_text
from hps_tf.evaluation import keypoint_figures as keypoints
from hps_tf.evaluation.keypoint_figures import Measured

COUNT = 200
MOVED = np.array([0.01, -0.02, 0.015])  # Metres.
SIZE = 200.0


@pytest.fixture
def people():
    """People whose keypoints are all found displaced alike, exactly."""
    rng = np.random.default_rng(0)
    true = rng.uniform(20, 20 + SIZE, size=(COUNT, 17, 2))
    true[:, 0], true[:, 16] = 20, 20 + SIZE
    responses = rng.normal(scale=100, size=(COUNT, 17, 2, 3))
    found = true + responses @ MOVED
    confidence = np.full((COUNT, 17), 0.75)
    return Measured(found, confidence, true, np.ones((COUNT, 17), bool), responses)


def test_a_common_displacement_is_found_and_nothing_remains(people):
    figures = keypoints.measure(people)
    assert figures["num_people"] == COUNT
    for name in COCO17_NAMES:
        np.testing.assert_allclose(figures["keypoints"][name]["displacement"], MOVED, atol=1e-4)
        np.testing.assert_allclose(figures["keypoints"][name]["quantiles"], 0.0, atol=1e-3)


def test_mistakes_do_not_move_the_displacement_but_are_counted(people):
    people.found[::10, 5] += 0.1 * SIZE
    figures = keypoints.measure(people)
    row = figures["keypoints"][COCO17_NAMES[5]]
    np.testing.assert_allclose(row["displacement"], MOVED, atol=1e-4)
    assert row["quantiles"][-1] == pytest.approx(0.1 * np.sqrt(2), rel=0.02)
    assert row["quantiles"][1] == pytest.approx(0.0, abs=1e-3)


def test_errors_are_told_by_confidence(people):
    people.confidence[:, 5] = 0.15
    people.found[:, 5] += 0.1 * SIZE
    figures = keypoints.measure(people)
    low, high = figures["confidences"]["0.1-0.2"], figures["confidences"]["0.7-0.8"]
    assert low["share"] == pytest.approx(1 / 17)
    assert high["share"] == pytest.approx(16 / 17)
    assert low["quantiles"][1] > 0.1 > high["quantiles"][-1]
    assert figures["confidences"]["0.3-0.4"]["quantiles"] is None


def test_exchanged_sides_and_missed_people_are_counted(people):
    other = mirror_permutation(COCO17_NAMES)
    people.found[:20] = people.found[:20][:, other]
    people.found[20:30] += SIZE
    figures = keypoints.measure(people)
    # Random keypoints are far from their counterparts: exchanged people count as missed.
    assert figures["missed"] == pytest.approx(30 / COUNT)
    people.found[20:30] -= SIZE
    centre = people.true.mean(axis=1, keepdims=True)
    near = people._replace(true=people.true.copy(), found=people.found.copy())
    near.true[:, 1:16] = centre + 0.1 * (near.true[:, 1:16] - centre)
    near.found[:] = near.true
    near.found[:20] = near.true[:20][:, other]
    figures = keypoints.measure(near)
    assert figures["missed"] == 0.0
    assert figures["exchanged"] > 0.0


def test_the_confidence_beyond_the_image_is_told(people):
    people.is_inside[:, 15] = False
    people.confidence[:, 15] = 0.1
    assert keypoints.measure(people)["outside"] == pytest.approx([0.1] * 5)


def test_the_table_names_every_keypoint(people):
    text = as_text(keypoints.measure(people))
    assert all(name in text for name in COCO17_NAMES)
    assert "200 people, 0.0% of them missed" in text
