import numpy as np
import pytest

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.keypoints import keypoint_layouts as layouts
from hps_tf.errors import InputError
from tests.data.detection_files import body_25, standing


def people_of_25(is_25b, count=5):
    people = [np.reshape(body_25(standing(k), is_25b=is_25b), (25, 3)) for k in range(count)]
    return np.stack(people)


@pytest.mark.parametrize("is_25b", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, np.pi])
@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0])
def test_the_layout_is_told_at_any_size_and_turn(is_25b, angle, scale):
    rows = people_of_25(is_25b)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = scale * rows[..., :2] @ turn.T
    expected = "body_25b" if is_25b else "body_25"
    assert layouts.layout_of_25(points, rows[..., 2] > 0) == expected


@pytest.mark.parametrize("missing", [[1, 2, 5], [8, 9, 12], [0, 17]])
def test_the_layout_is_told_when_some_keypoints_are_missing(missing):
    for is_25b in (False, True):
        rows = people_of_25(is_25b)
        rows[:, missing, 2] = 0
        told = layouts.layout_of_25(rows[..., :2], rows[..., 2] > 0)
        assert told == "body_25" or is_25b


@pytest.mark.parametrize("count", [0, 3])
def test_of_nobody_the_layout_is_openposes_own(count):
    points = np.full((count, 25, 2), 1e308)
    assert layouts.layout_of_25(points, np.zeros((count, 25), bool)) == "body_25"
    assert layouts.layout_of_25(points, np.ones((count, 25), bool)) == "body_25"


def test_names_are_found_in_any_order_and_spelling():
    order = np.random.default_rng(0).permutation(17)
    spelt = [COCO17_NAMES[k].replace("left_", "L").replace("right_", "r-").title() for k in order]
    places = layouts.coco17_by_name([*spelt, "neck"])
    np.testing.assert_array_equal(order[places], np.arange(17))
    with pytest.raises(InputError, match="expected a keypoint named 'left_eye', received none"):
        layouts.coco17_by_name(["nose"])


def test_sizes_of_unknown_layouts_are_refused():
    with pytest.raises(
        InputError, match="expected 17, 23, 26, 133, 135 or 136 keypoints, received 21"
    ):
        layouts.coco17(21)
