"""People found in images, and the interface of their detectors."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np


class People(NamedTuple):
    """P people of one image, the likeliest first.

    Attributes:
      boxes: `(P, 4)` left, top, width and height, pixels.
      keypoints: `(P, 17, 2)` COCO's, x and y, pixels.
      confidence: `(P, 17)` of the keypoints, 0..1.
      score: `(P,)` how sure it is that this is a person, 0..1.
    """

    boxes: np.ndarray
    keypoints: np.ndarray
    confidence: np.ndarray
    score: np.ndarray


class PeopleDetector(Protocol):
    """Interface of a detector of people: `Detector`, or one of the user's own."""

    def find_people(self, images: Sequence[np.ndarray]) -> list[People]:
        """Finds everybody in `(H, W, 3)` uint8 images, whose sizes may differ."""

    def keypoints(self, images: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[People]:
        """Finds the keypoints of the people in `(P, 4)` boxes of each image, in their order."""
