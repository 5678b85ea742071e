"""A person as a detector's file describes it, before it is known by image and name."""

from typing import Any, NamedTuple

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import json_values

#: Coordinates of a file whose median is at most this are fractions of the image's sides: people
#: may lie partly outside of an image, and few pixels are no person.
_MAX_FRACTION = 2.0


class Detection(NamedTuple):
    """A detected person.

    Attributes:
      keypoints: `(17, 2)` of COCO's set, in pixels or fractions of the image's width and height.
      confidence: `(17,)` scores.
      box: `(4,)` left, top, width, height, in the same unit; None without one.
      track_id: Who it is in a video; None where the file does not say.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    box: np.ndarray | None = None
    track_id: str | None = None


def are_fractions(keypoints: np.ndarray) -> bool:
    """Returns whether the coordinates `(..., 2)` of a whole file are fractions of the image."""
    given = np.abs(keypoints[np.isfinite(keypoints) & (keypoints != 0)])
    return bool(given.size and np.median(given) <= _MAX_FRACTION)


def box_of_corners(value: Any) -> np.ndarray | None:
    """Returns the box `(4,)` of left, top, right, bottom; None where a file gives no such thing.

    Args:
      value: Four numbers or more, which may lie in a list of one.
    """
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    try:
        numbers = json_values.as_numbers(value, "box")
    except InputError:
        return None
    if len(numbers) < 4 or not np.isfinite(numbers).all():
        return None
    left, top, right, bottom = numbers[:4]
    return np.array([left, top, right - left, bottom - top])


def track_id(fields: dict[str, Any], where: str) -> str | None:
    """Reads who a person is: `track_id`, or AlphaPose's `idx`, which may lie in lists.

    Raises:
      InputError: If it is neither a whole number nor a text.
    """
    for name in ("track_id", "idx"):
        value = fields.get(name)
        # AlphaPose repeats it: [[1.0], [1.0]].
        while isinstance(value, list) and value and all(item == value[0] for item in value):
            value = value[0]
        if value is not None and value != []:
            return str(json_values.as_identity(value, f"{where}.{name}"))
    return None


def triples(value: Any, where: str) -> np.ndarray:
    """Reads keypoints as a list of x, y, score or of such lists.

    Returns:
      `(K, 3)`.

    Raises:
      InputError: If it is neither.
    """
    rows = json_values.as_list(value, where)
    if rows and isinstance(rows[0], list):
        return np.array([_row(row, f"{where}[{i}]") for i, row in enumerate(rows)])
    numbers = json_values.as_measurements(rows, where)
    if len(numbers) % 3:
        raise InputError(f"{where}: expected x, y, score per keypoint, received {len(numbers)}")
    return numbers.reshape(-1, 3)


def _row(row: Any, where: str) -> np.ndarray:
    numbers = json_values.as_measurements(row, where)
    if len(numbers) != 3:
        raise InputError(f"{where}: expected x, y, score, received {len(numbers)} numbers")
    return numbers
