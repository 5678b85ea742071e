import numpy as np
import pytest

from hps_tf.metrics import image_evidence

PEOPLE, KEYPOINTS = 4, 6


@pytest.fixture
def keypoints():
    """The last person has no labels."""
    rng = np.random.default_rng(0)
    found, target = rng.uniform(0, 99, (2, PEOPLE, KEYPOINTS, 2))
    weights = rng.choice([0, 0.5, 1], (PEOPLE, KEYPOINTS))
    weights[:, 0] = 1
    weights[-1] = 0
    return found, target, weights


@pytest.fixture
def part_maps():
    """Not every person has every part; the last has none."""
    rng = np.random.default_rng(0)
    found, target = rng.integers(0, 15, (2, PEOPLE, 5, 7)).astype(np.uint8)
    found[:, :2], target[:, :2] = 9, 9
    found[-1], target[-1] = 0, 0
    return found, target


def test_keypoint_error_is_the_mean_distance_of_those_labelled(keypoints):
    found, target, weights = keypoints
    expected = []
    for person in range(PEOPLE):
        distances = [
            np.hypot(*(found[person, k] - target[person, k]))
            for k in range(KEYPOINTS)
            if weights[person, k] > 0
        ]
        expected.append(np.mean(distances) if distances else np.nan)
    assert np.isnan(expected).tolist() == [False, False, False, True]
    np.testing.assert_allclose(image_evidence.keypoint_error(*keypoints), expected)


def test_what_a_missing_keypoint_holds_does_not_matter(keypoints):
    found, target, weights = keypoints
    expected = image_evidence.keypoint_error(found, target, weights)
    target[weights == 0] = np.nan
    np.testing.assert_array_equal(image_evidence.keypoint_error(found, target, weights), expected)


def test_part_iou_is_the_mean_over_the_parts_there_are(part_maps):
    found, target = part_maps
    expected = []
    for person in range(PEOPLE):
        ious = []
        for part in range(1, 15):
            is_found, is_true = found[person] == part, target[person] == part
            either = np.sum(is_found | is_true)
            if either:
                ious.append(np.sum(is_found & is_true) / either)
        expected.append(np.mean(ious) if ious else np.nan)
    assert np.isnan(expected).tolist() == [False, False, False, True]
    np.testing.assert_allclose(image_evidence.part_iou(*part_maps), expected)


def test_equal_maps_have_one_and_disjoint_ones_zero(part_maps):
    found, _ = part_maps
    np.testing.assert_array_equal(image_evidence.part_iou(found, found), [1, 1, 1, np.nan])
    other = np.where(found > 0, found % 14 + 1, 0)
    assert (image_evidence.part_iou(found, np.zeros_like(found))[:3] == 0).all()
    assert (image_evidence.part_iou(np.full((1, 2, 2), 3), np.full((1, 2, 2), 4)) == 0).all()
    assert (image_evidence.part_iou(found, other)[:3] < 1).all()


def test_nobody_has_no_errors():
    assert image_evidence.keypoint_error(*np.zeros((2, 0, 17, 2)), np.zeros((0, 17))).shape == (0,)
    assert image_evidence.part_iou(*np.zeros((2, 0, 8, 8), np.uint8)).shape == (0,)


@pytest.mark.parametrize("label", [15, -1, 255])
def test_labels_that_are_no_parts_are_refused(label):
    maps = np.zeros((2, 4, 4), np.int64)
    wrong = np.where(np.arange(4) == 2, label, maps)
    with pytest.raises(ValueError, match="`part_labels`: expected from 0 to 14, received"):
        image_evidence.part_iou(wrong, maps)
    with pytest.raises(ValueError, match="`target`: expected from 0 to 14, received"):
        image_evidence.part_iou(maps, wrong)


def test_shapes_that_disagree_are_named(keypoints, part_maps):
    found, target, weights = keypoints
    with pytest.raises(ValueError, match=r"`keypoints_2d`: expected shape \(people, keypoints, 2"):
        image_evidence.keypoint_error(found[0], target, weights)
    with pytest.raises(
        ValueError, match=r"`target`: expected shape \(4, 6, 2\), received \(4, 5, 2\)"
    ):
        image_evidence.keypoint_error(found, target[:, 1:], weights)
    with pytest.raises(ValueError, match=r"`weights`: expected shape \(4, 6\), received \(4, 5\)"):
        image_evidence.keypoint_error(found, target, weights[:, 1:])
    with pytest.raises(ValueError, match=r"`part_labels`: expected shape \(people, height, wid"):
        image_evidence.part_iou(part_maps[0][0], part_maps[1])
    with pytest.raises(
        ValueError, match=r"`target`: expected shape \(4, 5, 7\), received \(3, 5, 7"
    ):
        image_evidence.part_iou(part_maps[0], part_maps[1][1:])
