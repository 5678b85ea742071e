"""Poses as MoveNet's arrays: 17 keypoints y, x, score as fractions of the image's sides.

A single-pose model gives `(1, 1, 17, 3)`. MultiPose gives `(1, 6, 56)`: 17 keypoints, then top,
left, bottom, right and the score of the person; places without a person have a score near 0.
Fractions are taken as of the image: where it was padded to a square for the network, the padding
must be undone first, as MoveNet's tutorial does with its crop region.
"""

from typing import Any

import numpy as np

from hps_tf.data.keypoints.detection import Detection, are_fractions
from hps_tf.data.keypoints.keypoint_layouts import NUM_COCO17
from hps_tf.errors import InputError
from hps_tf.io import json_values

NAME = "MoveNet's arrays"
FORMAT = "movenet"

#: Numbers of a person of MultiPose.
NUM_MULTIPOSE = 3 * NUM_COCO17 + 5

_MIN_SCORE = 0.1


def matches(value: Any) -> bool:
    """Returns whether a value looks like one person's keypoints."""
    if not isinstance(value, list):
        return False
    if len(value) == NUM_MULTIPOSE:
        return all(isinstance(item, int | float) for item in value)
    return len(value) == NUM_COCO17 and all(
        isinstance(row, list) and len(row) == 3 and isinstance(row[0], int | float) for row in value
    )


def lists_are_frames(value: Any) -> bool:
    """Returns whether a list of such poses is a video of one person rather than one image."""
    return len(value) == NUM_COCO17


def read(value: Any, where: str, names: list[str] | None = None) -> Detection:
    """Reads one person's keypoints.

    Args:
      value: A content that `matches` accepts.
      where: How errors call it.
      names: Not used; MoveNet's order is COCO's.

    Raises:
      InputError: If a number is damaged, or the place of MultiPose holds nobody.
    """
    del names
    if len(value) == NUM_MULTIPOSE:
        numbers = json_values.as_measurements(value, where)
        top, left, bottom, right, score = numbers[-5:]
        if not score >= _MIN_SCORE:
            raise InputError(
                f"{where}: expected a score of at least {_MIN_SCORE}, received {score:.3g}"
            )
        rows = numbers[:-5].reshape(NUM_COCO17, 3)
        box = np.array([left, top, right - left, bottom - top])
        return Detection(rows[:, 1::-1], rows[:, 2], box)
    rows = np.array(
        [json_values.as_measurements(row, f"{where}[{i}]") for i, row in enumerate(value)]
    )
    if not are_fractions(rows[:, :2]):  # As other programs store x, y, score in pixels.
        return Detection(rows[:, :2], rows[:, 2])
    return Detection(rows[:, 1::-1], rows[:, 2])
