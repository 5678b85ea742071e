"""Poses as lists of landmarks with fields x and y: MediaPipe, and TensorFlow.js' detectors.

MediaPipe's Pose Landmarker gives 33 of `{"x", "y", "z", "visibility", "presence"}`, x and y as
fractions of the image's width and height; its legacy solution names the list `landmark`. Programs
that store them as lists write x, y, z, visibility. TensorFlow.js' MoveNet and BlazePose give
`{"keypoints": [{"x", "y", "score", "name"}, ...], "score"}` in pixels.
"""

from typing import Any

import numpy as np

from hps_tf.data.keypoints import keypoint_layouts
from hps_tf.data.keypoints.detection import Detection, track_id
from hps_tf.errors import InputError
from hps_tf.io import json_values

NAME = "MediaPipe's landmarks"
FORMAT = "mediapipe"

_NUM_LANDMARKS = 33
_HIPS = (23, 24)
_WORLD_HIPS = 1e-3  # Metres; of world landmarks the middle of the hips is the origin.
_SCORES = ("visibility", "score", "confidence")


def matches(value: Any) -> bool:
    """Returns whether a value looks like one person's landmarks."""
    return _landmarks(value) is not None


def lists_are_frames(value: Any) -> bool:
    """Returns whether a list of such poses is a video of one person rather than one image."""
    return isinstance(value, list)


def read(value: Any, where: str, names: list[str] | None = None) -> Detection:
    """Reads one person's landmarks.

    Args:
      value: A content that `matches` accepts.
      where: How errors call it.
      names: The keypoints' names, where the file lists them.

    Raises:
      InputError: If a landmark is damaged, or the layout is not known.
    """
    landmarks = _landmarks(value)
    assert landmarks is not None
    if isinstance(landmarks, dict):
        names, landmarks = list(landmarks), list(landmarks.values())
    rows = np.array([_landmark(item, f"{where}[{i}]") for i, item in enumerate(landmarks)])
    named = [i.get("name", i.get("part")) for i in landmarks if isinstance(i, dict)]
    if named and all(named):
        names = list(map(str, named))
    places = _places(len(rows), names, where)
    is_unnamed = names is None and len(rows) == _NUM_LANDMARKS
    if is_unnamed and np.abs(rows[_HIPS, :2].mean(axis=0)).max() < _WORLD_HIPS:
        raise InputError(
            f"{where}: expected landmarks in the image, received world landmarks in metres"
        )
    fields = value if isinstance(value, dict) else {}
    return Detection(rows[places, :2], rows[places, 2], track_id=track_id(fields, where))


def _landmarks(value: Any) -> list[Any] | dict[str, Any] | None:
    if isinstance(value, dict):
        for field in ("landmark", "keypoints"):
            inner = value.get(field)
            if isinstance(inner, list) and inner and _is_landmark(inner[0]):
                return inner
        is_named = len(value) >= keypoint_layouts.NUM_COCO17 and all(
            map(_is_landmark, value.values())
        )
        return value if is_named else None
    if not isinstance(value, list) or not value:
        return None
    if _is_landmark(value[0]):
        return value
    is_rows = len(value) == _NUM_LANDMARKS and all(
        isinstance(row, list) and 2 <= len(row) <= 5 and not isinstance(row[0], list | dict)
        for row in value
    )
    return value if is_rows else None


def _is_landmark(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    place = item.get("position", item)
    return isinstance(place, dict) and "x" in place and "y" in place and "keypoints" not in item


def _landmark(item: Any, where: str) -> np.ndarray:
    """x, y and score of a landmark; without a score, 1."""
    if isinstance(item, list):  # x, y, z, visibility, presence.
        numbers = json_values.as_measurements(item, where)
        if len(numbers) < 2:
            raise InputError(f"{where}: expected x, y, received {len(numbers)} numbers")
        return np.array([*numbers[:2], numbers[3] if len(numbers) > 3 else 1.0])
    fields = json_values.as_object(item, where)
    place = json_values.as_object(fields.get("position", fields), where)
    scores = [fields[name] for name in _SCORES if fields.get(name) is not None]
    x, y = (json_values.member(place, axis, where) for axis in "xy")
    return json_values.as_measurements([x, y, *(scores[:1] or [1.0])], where)


def _places(count: int, names: list[str] | None, where: str) -> np.ndarray:
    try:
        if names is not None and len(names) == count:
            return keypoint_layouts.coco17_by_name(names)
        if count == _NUM_LANDMARKS:
            return keypoint_layouts.MEDIAPIPE_33
        return keypoint_layouts.coco17(count)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
