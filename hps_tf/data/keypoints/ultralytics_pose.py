"""Poses as Ultralytics' `Results.to_json` writes them.

`{"name": "person", "class": 0, "confidence", "box": {"x1", "y1", "x2", "y2"}, "track_id",
"keypoints": {"x": [...], "y": [...], "visible": [...]}}`, in pixels or, on request, in fractions of
the image's sides. A keypoint at exactly 0, 0 was not found.
"""

from typing import Any

import numpy as np

from hps_tf.data.keypoints import keypoint_layouts
from hps_tf.data.keypoints.detection import Detection, box_of_corners, track_id
from hps_tf.errors import InputError
from hps_tf.io import json_values

NAME = "Ultralytics' results"
FORMAT = "ultralytics"

_PERSON = 0
_CORNERS = ("x1", "y1", "x2", "y2")


def matches(value: Any) -> bool:
    """Returns whether a value looks like one detection with keypoints."""
    keypoints = value.get("keypoints") if isinstance(value, dict) else None
    return isinstance(keypoints, dict) and isinstance(keypoints.get("x"), list)


def lists_are_frames(value: Any) -> bool:
    """Returns whether a list of such poses is a video of one person rather than one image."""
    del value
    return False


def read(value: Any, where: str, names: list[str] | None = None) -> Detection:
    """Reads one detection.

    Args:
      value: A content that `matches` accepts.
      where: How errors call it.
      names: Not used; the order of the models for people is COCO's.

    Raises:
      InputError: If a number is damaged, the layout is not known, or it is no person.
    """
    del names
    if value.get("class", _PERSON) != _PERSON:
        raise InputError(f"{where}.class: expected a person, 0, received {value['class']!r}")
    fields, inside = value["keypoints"], f"{where}.keypoints"
    x = json_values.as_measurements(fields["x"], f"{inside}.x")
    y = json_values.as_measurements(json_values.member(fields, "y", inside), f"{inside}.y")
    scores = fields.get("visible")
    v = np.ones(len(x))
    if scores is not None:
        v = json_values.as_measurements(scores, f"{inside}.visible")
    if not len(x) == len(y) == len(v):
        raise InputError(
            f"{inside}: expected lists of one length, received {len(x)}, {len(y)} and {len(v)}"
        )
    try:
        places = keypoint_layouts.coco17(len(x))
    except InputError as error:
        raise InputError(f"{inside}: {error}") from None
    v = np.where((x == 0) & (y == 0), 0.0, v)
    corners = value.get("box")
    box = None
    if isinstance(corners, dict):
        box = box_of_corners([corners.get(name) for name in _CORNERS])
    return Detection(np.stack([x, y], axis=1)[places], v[places], box, track_id(value, where))
