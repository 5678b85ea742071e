import dataclasses

import numpy as np
import pytest

from hps_tf.data.people import ImageEntry, Person, flaw
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
        (changed(confidence=np.full(17, np.nan)), "confidence is not a number from 0 to 1e+06"),
        (changed(confidence=np.full(17, -1.0)), "confidence is not a number from 0 to 1e+06"),
        (changed(confidence=np.full(17, 1e300)), "confidence is not a number from 0 to 1e+06"),
        (changed(confidence=np.full(17, 1e-40)), "no keypoint is visible"),
        (changed(confidence=first(3)), "expected at least 4 visible keypoints, received 3"),
        (with_point(np.nan, 0), "a visible keypoint is not a number"),
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
