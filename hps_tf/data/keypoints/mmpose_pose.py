"""Poses as objects with a list `keypoints`: MMPose, ViTPose in MMPose, PoseFlow.

MMPose's inferencer and its demos with `--save-predictions` write `{"keypoints": [[x, y], ...],
"keypoint_scores": [...], "bbox": [[left, top, right, bottom]], "bbox_score"}`; MMPose 0.x and
ViTPose write rows of x, y, score; PoseFlow, AlphaPose's tracker, one list of x, y, score in turn,
and so does OpenPifPaf. All are pixels.
"""

from typing import Any

import numpy as np

from hps_tf.data.keypoints import keypoint_layouts
from hps_tf.data.keypoints.detection import (
    Detection,
    are_fractions,
    box_of_corners,
    track_id,
    triples,
)
from hps_tf.errors import InputError
from hps_tf.io import json_values

NAME = "MMPose's instances"
FORMAT = "mmpose"

_SCORES = ("keypoint_scores", "keypoints_scores", "keypoint_score", "scores")


def matches(value: Any) -> bool:
    """Returns whether a value looks like one person's keypoints."""
    if not isinstance(value, dict) or not isinstance(value.get("keypoints"), list):
        return False
    rows = value["keypoints"]
    if not rows or isinstance(rows[0], dict):
        return False
    return not isinstance(rows[0], list) or not any(isinstance(x, list | dict) for x in rows[0])


def lists_are_frames(value: Any) -> bool:
    """Returns whether a list of such poses is a video of one person rather than one image."""
    del value
    return False


def read(value: Any, where: str, names: list[str] | None = None) -> Detection:
    """Reads one person's keypoints.

    Args:
      value: A content that `matches` accepts.
      where: How errors call it.
      names: The keypoints' names, where the file lists them.

    Raises:
      InputError: If a number is damaged, the keypoints are in 3D, or the layout is not known.
    """
    keypoints = value["keypoints"]
    scores = next((value[s] for s in _SCORES if isinstance(value.get(s), list)), None)
    if isinstance(keypoints[0], list) and len(keypoints[0]) == 2:
        points = [_point(row, f"{where}.keypoints[{i}]") for i, row in enumerate(keypoints)]
        rows = np.column_stack([points, _scores(scores, len(points), where)])
    elif isinstance(keypoints[0], list) and scores is not None:
        raise InputError(
            f"{where}.keypoints[0]: expected x, y beside scores, received {len(keypoints[0])}"
            " numbers, as of poses in 3D"
        )
    else:
        rows = triples(keypoints, f"{where}.keypoints")
        if isinstance(keypoints[0], list) and are_fractions(rows[:, :2]):  # MoveNet's y, x, score.
            rows = rows[:, [1, 0, 2]]
    try:
        if names is not None and len(names) == len(rows):
            places = keypoint_layouts.coco17_by_name(names)
        else:
            places = keypoint_layouts.coco17(len(rows))
    except InputError as error:
        raise InputError(f"{where}.keypoints: {error}") from None
    box = box_of_corners(value.get("bbox"))
    if box is not None and not isinstance(keypoints[0], list):  # OpenPifPaf's, as COCO's.
        box = np.concatenate([box[:2], box[:2] + box[2:]])
    return Detection(rows[places, :2], rows[places, 2], box, track_id(value, where))


def _point(row: Any, where: str) -> np.ndarray:
    point = json_values.as_measurements(row, where)
    if len(point) != 2:
        raise InputError(f"{where}: expected x, y, received {len(point)} numbers")
    return point


def _scores(scores: list[Any] | None, count: int, where: str) -> np.ndarray:
    if scores is None:
        return np.ones(count)
    numbers = json_values.as_measurements(scores, f"{where}.keypoint_scores")
    if len(numbers) != count:
        raise InputError(
            f"{where}.keypoint_scores: expected {count} numbers, received {len(numbers)}"
        )
    return numbers
