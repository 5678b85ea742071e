import numpy as np
import pytest

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.evaluation import keypoint_conditions
from tools.reproduce import robust_conditions
from tools.reproduce.robust_conditions import CONDITIONS

BY_KEY = {condition.key: condition for condition in CONDITIONS}
PAIRS = (("elbow", "wrist"), ("knee", "ankle"))


def see(people, body, key):
    return robust_conditions.see(people, body, BY_KEY[key])


def test_all_noises_and_shares_are_there_once():
    assert len(BY_KEY) == len(CONDITIONS) == 4 * 3 + 3
    assert [each.key for each in CONDITIONS if not each.is_noisy] == ["0px-0"]


@pytest.mark.parametrize("key", BY_KEY)
def test_everybody_keeps_five_keypoints_and_sees_the_same_twice(key, people, body):
    first, second = (see(people, body, key) for _ in range(2))
    assert np.array_equal(first.keypoints, second.keypoints)
    assert np.array_equal(first.confidence, second.confidence)
    assert (np.count_nonzero(first.confidence, axis=1) >= 5).all()


def test_noise_grows_along_its_own_direction(people, body):
    exact = see(people, body, "0px-0").keypoints
    two, eight = (see(people, body, f"{noise}px-40").keypoints - exact for noise in (2, 8))
    np.testing.assert_allclose(4 * two, eight, atol=1e-3)
    assert two.std() == pytest.approx(2.0, rel=0.15)


def test_what_is_missing_of_a_fifth_is_missing_of_two_fifths(people, body):
    fifth, two_fifths = (see(people, body, f"0px-{share}").confidence == 0 for share in (20, 40))
    assert (two_fifths | ~fifth).all()
    assert fifth.mean() == pytest.approx(0.2, abs=0.08)
    assert two_fifths.mean() == pytest.approx(0.4, abs=0.08)


def test_two_whole_limbs_are_hidden(people, body):
    hidden = see(people, body, "limbs").confidence == 0
    limbs = [
        [COCO17_NAMES.index(f"{side}_{joint}") for joint in pair]
        for pair in PAIRS
        for side in ("left", "right")
    ]
    by_limb = np.stack([hidden[:, limb] for limb in limbs], axis=1)
    assert (by_limb.all(axis=2) == by_limb.any(axis=2)).all()
    assert (by_limb.all(axis=2).sum(axis=1) == 2).all()
    assert (hidden.sum(axis=1) == 4).all()


def test_the_border_cuts_off_one_side(people, body):
    exact = see(people, body, "0px-0").keypoints
    cut_off = see(people, body, "border").confidence == 0
    assert (cut_off.sum(axis=1) == 8).all()
    for points, beyond in zip(exact, cut_off, strict=True):
        x, y = points.T
        sides = (x[beyond].max() <= x[~beyond].min(), x[beyond].min() >= x[~beyond].max())
        assert any(sides) or y[beyond].min() >= y[~beyond].max()


def test_a_detectors_errors_are_those_of_lifting_figures(people, body):
    found = see(people, body, "detector")
    expected = keypoint_conditions.see(people, body, "detector")[0]
    assert np.array_equal(found.keypoints, expected.keypoints)
