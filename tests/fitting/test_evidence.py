import dataclasses

import numpy as np
import pytest

from hps_tf.fitting.evidence import Evidence


def evidence(count=3, **changes):
    intrinsics = np.tile([[500.0, 0, 128], [0, 500, 128], [0, 0, 1]], (count, 1, 1))
    fields = {
        "keypoints": np.ones((count, 17, 2)),
        "confidence": np.ones((count, 17)),
        "intrinsics": intrinsics,
        "part_labels": np.zeros((count, 8, 8), np.uint8),
        "part_boxes": np.tile([0.0, 0, 64, 64], (count, 1)),
    }
    return Evidence(**(fields | changes))


def test_arrays_become_single_precision():
    made = evidence()
    assert made.keypoints.dtype == made.intrinsics.dtype == np.float32
    assert len(made) == 3


def test_missing_keypoints_may_hold_anything():
    keypoints, confidence = np.ones((2, 17, 2)), np.ones((2, 17))
    keypoints[0, 3], confidence[0, 3] = np.nan, 0.0
    assert len(evidence(2, keypoints=keypoints, confidence=confidence)) == 2


@pytest.mark.parametrize("rows", [[2, 0], np.array([True, False, True])])
def test_selection_takes_rows(rows):
    boxes = np.arange(12.0).reshape(3, 4) + 1
    chosen = evidence(part_boxes=boxes).select(rows)
    np.testing.assert_array_equal(chosen.part_boxes, boxes.astype(np.float32)[rows])
    assert len(chosen) == 2


def _changed(name, index, value):
    array = np.array(getattr(evidence(), name), np.float64)
    array[index] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"keypoint_set": "mpii"},
            "`keypoint_set`: expected one of coco17, h36m17, smpl24, received 'mpii'",
        ),
        (
            {"keypoints": np.ones((3, 16, 2))},
            r"`keypoints`: expected shape \(3, 17, 2\), received \(3, 16, 2\)",
        ),
        ({"keypoints": np.ones((17, 2))}, r"one person without a row, \(17, 2\); add the axis"),
        ({"keypoints": []}, r"`keypoints`: expected shape \(N, 17, 2\), .*, received \(0,\)"),
        ({"confidence": np.ones((3, 16))}, r"`confidence`: expected shape \(3, 17\)"),
        ({"intrinsics": np.ones((3, 3))}, r"`intrinsics`: expected shape \(3, 3, 3\)"),
        (
            _changed("keypoints", (1, 4), np.nan),
            "`keypoints` of person 1: expected finite numbers where",
        ),
        (_changed("confidence", 2, 0), "`confidence` of person 2: expected at least one above 0"),
        (
            _changed("confidence", (0, 0), -1),
            "`confidence` of person 0: expected finite numbers from 0 on",
        ),
        (
            _changed("confidence", (0, 0), np.nan),
            "`confidence` of person 0: expected finite numbers from 0 on",
        ),
        (_changed("intrinsics", (1, 0, 0), 0), r"`intrinsics` of person 1: expected \[\[fx, "),
        (_changed("intrinsics", (2, 2, 0), 320), r"of person 2: .*\[0, 0, 1\]\] in pixels"),
        (_changed("intrinsics", (0, 1, 1), 1.1), "of person 0: .*fx and fy at least 10"),
        ({"part_boxes": None}, "expected both or neither"),
        (
            _changed("part_labels", (1, 0, 0), 15),
            "`part_labels` of person 1: expected numbers up to 14",
        ),
        (_changed("part_boxes", (2, 2), 0), "of person 2: expected a positive width and height"),
        ({"part_labels": np.zeros((2, 8, 8))}, r"`part_labels`: expected shape \(3, 8, 8\)"),
    ],
)
def test_wrong_evidence_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        evidence(**changes)


def test_evidence_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        evidence().keypoints = None


def test_the_representation_tells_shapes():
    assert repr(evidence(part_labels=None, part_boxes=None)) == (
        "Evidence(keypoints=float32(3, 17, 2), confidence=float32(3, 17), intrinsics=float32"
        "(3, 3, 3), keypoint_set='coco17', part_labels=None, part_boxes=None, person_ids=None,"
        " image_names=None, frames=None, left_out=())"
    )
