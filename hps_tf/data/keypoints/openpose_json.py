"""Reader of OpenPose's JSON, a file per image, and of what other programs write in its form.

`{"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": [x, y, c, ...]}, ...]}` with
BODY_25, BODY_25B, BODY_135 or COCO-18 keypoints; before version 1.2 the field was `pose_keypoints`.
All hold COCO's 17; the neck, the middle of the hips and the feet are not used. With
`--keypoint_scale 3` coordinates are fractions of the image's sides.

AlphaPose writes an object of these by image name (`--format open`), or with `bodies` and `joints`
in the place of `people` and `pose_keypoints_2d` (`--format cmu`); ComfyUI's DWPose a list of these
with `canvas_height` and `canvas_width`.
"""

import contextlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from hps_tf.data.keypoints import keypoint_layouts
from hps_tf.data.keypoints.detection import Detection, triples
from hps_tf.data.keypoints.keypoint_layouts import BODY_25B, COCO_18
from hps_tf.data.keypoints.people import People, image_names
from hps_tf.data.keypoints.roster import Roster, size_of, stem_names
from hps_tf.errors import InputError
from hps_tf.io import json_values

_SUFFIX = "_keypoints"
_UNTRACKED = -1.0
_PEOPLE = ("people", "bodies")
_KEYPOINTS = ("pose_keypoints_2d", "pose_keypoints", "joints")
_NUM_OF_25 = 25
_LAYOUTS = {18: COCO_18, 135: BODY_25B}


def matches(content: Any) -> bool:
    """Returns whether parsed JSON is such a file."""
    return any(True for _ in _images(content))


def people_of_25(content: Any) -> list[np.ndarray]:
    """Returns the `(25, 3)` keypoints of people whose layout may be BODY_25 or BODY_25B.

    Args:
      content: One that `matches` accepts; damaged people are left out.
    """
    found = []
    for _, fields in _images(content):
        with contextlib.suppress(InputError):
            for entry in _entries(fields, ""):
                with contextlib.suppress(InputError):
                    rows = _rows(entry, "")
                    if len(rows) == _NUM_OF_25:
                        found.append(rows)
    return found


def read(content: Any, name: str, frame: int = 0, *, layout_of_25: str | None = None) -> People:
    """Reads people from parsed JSON.

    A person is named after the image and its place in the file; `track_id` is known where OpenPose
    tracked.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: The file's name, ``IMAGE_keypoints.json``; errors call it so too.
      frame: Index of the first image.
      layout_of_25: ``"body_25"`` or ``"body_25b"`` of people with 25 keypoints; by default by where
        their keypoints lie.

    Returns:
      The people. Damaged ones are left out.

    Raises:
      InputError: If the people are missing or no list.
    """
    if layout_of_25 is None:
        layout_of_25 = tell_layout(people_of_25(content))
    layouts = _LAYOUTS | {_NUM_OF_25: keypoint_layouts.OF_25[layout_of_25]}
    images = list(_images(content)) or [(None, json_values.as_object(content, name))]
    roster = Roster(frame)
    for place, (key, fields) in enumerate(images):
        stem, names, inside = _called(key, name, place, len(images))
        canvas = size_of(fields.get("canvas_height"), fields.get("canvas_width"))
        image = roster.image(names, canvas)
        for index, entry in enumerate(_entries(fields, inside)):
            where = f"{inside}, people[{index}]"
            person_id = roster.name(image, stem)
            with roster.tolerance(person_id):
                roster.add(person_id, image, _detection(entry, where, layouts))
    return roster.people()


def tell_layout(people: list[np.ndarray]) -> str:
    """Returns the likelier of the layouts of 25 keypoints, by all `(25, 3)` people of a video."""
    rows = np.array(people).reshape(-1, _NUM_OF_25, 3)
    return keypoint_layouts.layout_of_25(rows[..., :2], rows[..., 2] > 0)


def _images(content: Any) -> Iterator[tuple[str | int | None, dict[str, Any]]]:
    """The images of a file with their names or numbers; nothing if it is of another form."""
    if isinstance(content, dict) and any(field in content for field in _PEOPLE):
        yield None, content
        return
    entries: list[tuple[str | int, Any]] = []
    if isinstance(content, dict):
        entries = list(content.items())
    elif isinstance(content, list):
        entries = list(enumerate(content))
    if all(isinstance(e, dict) and any(f in e for f in _PEOPLE) for _, e in entries):
        yield from entries


def _called(
    key: str | int | None, name: str, place: int, count: int
) -> tuple[str, tuple[str, ...], str]:
    """The stem and the file names of an image, and how errors call where its people stand."""
    if isinstance(key, str):
        return PurePath(key).stem, (key,), f"{name}, {key!r}"
    stem = PurePath(name).stem.removesuffix(_SUFFIX)
    if count == 1:
        return stem, image_names(stem), name
    return f"{stem}_{place:06d}", stem_names(f"{place:06d}"), f"{name}[{place}]"


def _entries(fields: dict[str, Any], where: str) -> list[Any]:
    for field in _PEOPLE:
        if field in fields:
            return json_values.as_list(fields[field], f"{where}, {field}")
    return json_values.as_list(json_values.member(fields, _PEOPLE[0], where), where)


def _rows(entry: Any, where: str) -> np.ndarray:
    """The `(K, 3)` keypoints of a person."""
    fields = json_values.as_object(entry, where)
    field = next((field for field in _KEYPOINTS if field in fields), _KEYPOINTS[0])
    values = json_values.as_list(json_values.member(fields, field, where), f"{where}.{field}")
    if len(values) % 3 and not isinstance(values[0], list):
        raise InputError(_expected(len(values)))
    return triples(values, f"{where}.{field}")


def _expected(count: int) -> str:
    return f"expected keypoints of 75 or 54 numbers, received {count}"


def _detection(entry: Any, where: str, layouts: dict[int, np.ndarray]) -> Detection:
    rows = _rows(entry, where)
    if len(rows) not in layouts:
        raise InputError(_expected(3 * len(rows)))
    points = rows[layouts[len(rows)]]
    track_id = _track_id(entry.get("person_id"), f"{where}.person_id")
    return Detection(points[:, :2], points[:, 2], None, track_id)


def _track_id(value: Any, where: str) -> str | None:
    """`[-1]` and nothing at all mean that OpenPose did not track."""
    if value is None:
        return None
    numbers = json_values.as_numbers(value if isinstance(value, list) else [value], where)
    is_tracked = len(numbers) == 1 and np.isfinite(numbers[0]) and numbers[0] != _UNTRACKED
    return f"{numbers[0]:.0f}" if is_tracked else None
