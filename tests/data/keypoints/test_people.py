import dataclasses

import numpy as np
import pytest

from hps_tf.data.keypoints.people import ImageEntry, Person, box_around, flaw, has_area
from tests.data.keypoint_files import points

IMAGE = ImageEntry(("a.jpg",), 0, (480, 640))
PERSON = Person("1", IMAGE, points(), np.ones(17), np.array([200.0, 100, 200, 200]))


def changed(**changes):
    return dataclasses.replace(PERSON, **changes)


def first(count):
    return (np.arange(17) < count).astype(float)


def with_point(x, y):
    keypoints = points()
    keypoints[3] = x, y
    return changed(keypoints=keypoints)


def test_whoever_is_well_seen_has_no_flaw():
    assert flaw(PERSON) is None
    assert flaw(changed(box=None, image=IMAGE._replace(size=None))) is None
    assert flaw(changed(box=np.array([-50.0, -50, 60, 60]))) is None
    assert flaw(changed(confidence=first(4))) is None


def test_what_a_missing_keypoint_holds_does_not_matter():
    keypoints = points()
    keypoints[0] = np.nan, 1e9
    confidence = np.ones(17)
    confidence[0] = 0
    assert flaw(changed(keypoints=keypoints, confidence=confidence)) is None


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (changed(confidence=np.zeros(17)), "no keypoint is visible"),
        (changed(confidence=np.full(17, np.nan)), "no keypoint is visible"),
        (changed(confidence=np.full(17, -1.0)), "no keypoint is visible"),
        (changed(confidence=np.full(17, 1e300)), "a keypoint's confidence is more than 1e+06"),
        (changed(confidence=np.full(17, 1e-40)), "no keypoint is visible"),
        (changed(confidence=first(3)), "expected at least 4 visible keypoints, received 3"),
        (with_point(1e30, 0), "a visible keypoint lies at 1e+30 pixels"),
        (with_point(1500, 0), "a visible keypoint lies 860 pixels outside the image"),
        (changed(keypoints=points() / 640), "the visible keypoints span 0.2"),
        (changed(keypoints=points() - [500, 0]), "no visible keypoint lies in the image of 640 x"),
        (changed(box=np.array([640.0, 0, 9, 9])), r"the box [640, 0, 9, 9] lies outside the image"),
        (changed(box=np.array([-9.0, 0, 9, 9])), "lies outside the image of 640 x 480 pixels"),
        (changed(box=np.array([1.0, 0, 0, 9])), "the box [1, 0, 0, 9] has no area"),
        (changed(box=np.array([1.0, 0, np.inf, 9])), "the box [1, 0, inf, 9] has no area"),
    ],
)
def test_says_why_a_body_cannot_be_fitted(person, reason):
    assert reason in flaw(person)


@pytest.mark.parametrize("confidence", [-0.0031, np.nan, -np.inf])
def test_a_confidence_below_0_or_no_number_is_a_keypoint_not_seen(confidence):
    values = np.full(17, 0.9)
    values[3] = confidence
    person = changed(confidence=values)
    np.testing.assert_array_equal(person.confidence, [0.9] * 3 + [0] + [0.9] * 13)
    assert flaw(person) is None


def test_a_place_that_is_no_number_is_a_keypoint_not_seen():
    person = with_point(np.nan, 0)
    np.testing.assert_array_equal(np.flatnonzero(~person.is_seen), [3])
    assert flaw(person) is None


def test_keypoints_tell_a_box():
    keypoints = np.array([[10.0, 20.0], [30.0, 120.0], [900.0, 900.0]])
    person = Person("1", IMAGE, keypoints, np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(box_around(person), [0, 10, 40, 120])


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([1, 2, 3, 4], True),
        ([0, 0, 0, 0], False),
        ([0, 0, 5, -5], False),
        ([0, 0, 5, np.nan], False),
    ],
)
def test_boxes_have_an_area_or_not(box, expected):
    assert has_area(np.array(box, float)) == expected
