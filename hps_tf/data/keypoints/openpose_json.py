"""Reader of OpenPose's JSON: a file an image, with BODY_25 or COCO-18 keypoints.

`{"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": [x, y, c, ...]}, ...]}`. Both
layouts hold COCO's 17 keypoints; the neck, the middle of the hips and the feet are not used.
"""

from pathlib import PurePath
from typing import Any

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.keypoints.people import ImageEntry, People, Person, Skipped
from hps_tf.io import json_values

_SUFFIX = "_keypoints"
_IMAGE_SUFFIXES = (".jpg", ".png", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
_UNTRACKED = -1.0

_UPPER_BODY = {
    "nose": 0,
    "right_shoulder": 2,
    "right_elbow": 3,
    "right_wrist": 4,
    "left_shoulder": 5,
    "left_elbow": 6,
    "left_wrist": 7,
}
_BODY_25 = _UPPER_BODY | {
    "right_hip": 9,
    "right_knee": 10,
    "right_ankle": 11,
    "left_hip": 12,
    "left_knee": 13,
    "left_ankle": 14,
    "right_eye": 15,
    "left_eye": 16,
    "right_ear": 17,
    "left_ear": 18,
}
_COCO_18 = _UPPER_BODY | {
    "right_hip": 8,
    "right_knee": 9,
    "right_ankle": 10,
    "left_hip": 11,
    "left_knee": 12,
    "left_ankle": 13,
    "right_eye": 14,
    "left_eye": 15,
    "right_ear": 16,
    "left_ear": 17,
}
_LAYOUTS = {
    num_keypoints: [indices[name] for name in COCO17_NAMES]
    for num_keypoints, indices in ((25, _BODY_25), (18, _COCO_18))
}


def read(content: Any, name: str, frame: int = 0) -> People:
    """Reads the people of one image from parsed JSON.

    A person is named after the image and its place in the file; who it is in a video is told where
    OpenPose tracked.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: The file's name, ``IMAGE_keypoints.json``; errors call it so too.
      frame: Index of the image.

    Raises:
      InputError: If a field is missing or wrong.
    """
    stem = PurePath(name).stem.removesuffix(_SUFFIX)
    image = ImageEntry(tuple(stem + suffix for suffix in _IMAGE_SUFFIXES), frame)
    fields = json_values.as_object(content, name)
    entries = json_values.as_list(json_values.member(fields, "people", name), f"{name}, people")
    people: list[Person] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(entries):
        where = f"{name}, people[{index}]"
        outcome = _person(json_values.as_object(entry, where), where, f"{stem}_{index}", image)
        if isinstance(outcome, Person):
            people.append(outcome)
        else:
            skipped.append(outcome)
    return People("coco17", people, skipped, num_images=1)


def _person(
    fields: dict[str, Any], where: str, person_id: str, image: ImageEntry
) -> Person | Skipped:
    field = "pose_keypoints_2d"
    values = json_values.as_measurements(
        json_values.member(fields, field, where), f"{where}.{field}"
    )
    track_id = _track_id(fields.get("person_id"), f"{where}.person_id")
    num_keypoints, rest = divmod(len(values), 3)
    if rest or num_keypoints not in _LAYOUTS:
        return Skipped(person_id, f"expected keypoints of 75 or 54 numbers, received {len(values)}")
    points = values.reshape(num_keypoints, 3)[_LAYOUTS[num_keypoints]]
    return Person(person_id, image, points[:, :2], points[:, 2], track_id=track_id)


def _track_id(value: Any, where: str) -> str | None:
    """`[-1]` and nothing at all mean that OpenPose did not track."""
    if value is None:
        return None
    numbers = json_values.as_numbers(value if isinstance(value, list) else [value], where)
    is_tracked = len(numbers) == 1 and np.isfinite(numbers[0]) and numbers[0] != _UNTRACKED
    return f"{numbers[0]:.0f}" if is_tracked else None
