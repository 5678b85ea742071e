"""Who is who over the frames of a video.

People of a frame are assigned to those followed so far so that the sum of similarities is greatest.
A similarity is the mean of two numbers in 0..1: how near the keypoints lie to where they are
expected (the object keypoint similarity of COCO, with tolerances for motion), and how much of their
union the two boxes share. A person who is not seen is expected to move on as before, for a while.

Convention: pixels; boxes are left, top, width, height.
"""

import dataclasses

import numpy as np
from scipy.optimize import linear_sum_assignment

from hps_tf.detection.people import People

#: Seconds after which somebody who comes back is somebody else.
MAX_GAP = 0.7

_LEAST_SIMILARITY = 0.25
_TOLERANCE = 0.2
"""Standard deviation of a keypoint's motion between frames, of the root of the box's area."""

_MAX_FORECAST = 0.2
"""Seconds for which motion is extrapolated."""

_MIN_CONFIDENCE = 0.05


@dataclasses.dataclass
class _Followed:
    """Somebody as seen last.

    Attributes:
      number: Who it is.
      time: When, seconds.
      box: `(4,)`.
      keypoints: `(17, 2)`.
      confidence: `(17,)`.
      velocity: `(2,)` pixels per second.
    """

    number: int
    time: float
    box: np.ndarray
    keypoints: np.ndarray
    confidence: np.ndarray
    velocity: np.ndarray


class Tracker:
    """Follows people from frame to frame.

    Args:
      max_gap: Seconds that somebody may be out of sight.
    """

    def __init__(self, max_gap: float = MAX_GAP):
        self._max_gap = max_gap
        self._followed: list[_Followed] = []
        self._count = 0

    def follow(self, people: People, time: float) -> np.ndarray:
        """Says who the people of the next frame are.

        Args:
          people: The P people found in the frame.
          time: When the frame was taken, seconds; later than the frame before.

        Returns:
          `(P,)` int numbers, counted from 0 as people appear.
        """
        self._followed = [one for one in self._followed if time - one.time <= self._max_gap]
        numbers = np.full(len(people.boxes), -1)
        similarity = self._similarity(people, time)
        for row, column in zip(*linear_sum_assignment(similarity, maximize=True), strict=True):
            if similarity[row, column] >= _LEAST_SIMILARITY:
                self._see(self._followed[row], people, column, time)
                numbers[column] = self._followed[row].number
        for column in np.flatnonzero(numbers < 0):
            numbers[column] = self._count
            self._count += 1
            self._followed.append(
                _Followed(
                    int(numbers[column]),
                    time,
                    people.boxes[column],
                    people.keypoints[column],
                    people.confidence[column],
                    np.zeros(2),
                )
            )
        return numbers

    def _see(self, one: _Followed, people: People, column: int, time: float) -> None:
        box = people.boxes[column]
        step = (box[:2] + box[2:] / 2) - (one.box[:2] + one.box[2:] / 2)
        one.velocity = step / max(time - one.time, 1e-3)
        one.time, one.box = time, box
        one.keypoints, one.confidence = people.keypoints[column], people.confidence[column]

    def _similarity(self, people: People, time: float) -> np.ndarray:
        """`(F, P)` similarities of those followed and the people of a frame."""
        similarity = np.zeros((len(self._followed), len(people.boxes)))
        for row, one in enumerate(self._followed):
            shift = one.velocity * min(time - one.time, _MAX_FORECAST)
            expected = np.concatenate([one.box[:2] + shift, one.box[2:]])
            overlap = _overlap(expected, people.boxes)
            nearness = _nearness(one.keypoints + shift, one.confidence, people, one.box)
            similarity[row] = (overlap + nearness) / 2
        return similarity


def _nearness(
    keypoints: np.ndarray, confidence: np.ndarray, people: People, box: np.ndarray
) -> np.ndarray:
    """`(P,)` similarities of keypoints, weighed by how sure both are."""
    squares = np.square(people.keypoints - keypoints).sum(axis=2)
    areas = np.sqrt(people.boxes[:, 2:].prod(axis=1) * box[2:].prod())
    variances = 2 * _TOLERANCE**2 * np.maximum(areas, 1.0)[:, None]
    weights = confidence * people.confidence
    weights = np.where(weights < _MIN_CONFIDENCE**2, 0.0, weights)
    total = np.maximum(weights.sum(axis=1), 1e-9)
    return (np.exp(-squares / variances) * weights).sum(axis=1) / total


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`(P,)` intersections over unions."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    union = box[2:].prod() + others[:, 2:].prod(axis=1) - common
    return common / np.maximum(union, 1e-9)
