"""Reader of YOLO's label files with keypoints: a text per image, a line per person.

`class x y width height px py v px py v ...`: the middle and the size of the box, then COCO's
keypoints, all fractions of the image's sides; v may be left out, and Ultralytics appends the
confidence (`save_conf`) and the track (`track`). The image is named after the file. A keypoint at
exactly 0, 0 was not found.
"""

import codecs
import re
from pathlib import PurePath

import numpy as np

from hps_tf.data.keypoints import coco_fields
from hps_tf.data.keypoints.detection import Detection
from hps_tf.data.keypoints.keypoint_layouts import COCO17_FIRST, NUM_COCO17
from hps_tf.data.keypoints.people import ImageEntry, People, Person, Skipped, image_names
from hps_tf.errors import InputError

_NUM_BOX = 5  # Class and box.
_PERSON = 0
_MARK = codecs.BOM_UTF8
_MAX_FRACTION = 16.0

_NUMBER = re.compile(rb"[-+]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})(e[-+]?\d{1,3})?|nan", re.IGNORECASE)

#: Numbers of a line, to those of a keypoint, and how many follow: confidence, track.
_FORMS = {
    _NUM_BOX + size * count + more: (size, more)
    for size, count in [(2, NUM_COCO17), *((3, count) for count in COCO17_FIRST)]
    for more in range(3)
}


def matches(data: bytes) -> bool:
    """Returns whether a file begins with a line of such numbers."""
    for line in data[: 1 << 16].removeprefix(_MARK).splitlines():
        fields = line.split()
        if fields:
            return len(fields) >= _NUM_BOX and all(map(_NUMBER.fullmatch, fields))
    return not data.strip()


def read(data: bytes, name: str, first_frame: int = 0) -> People:
    """Reads the people of one image.

    Args:
      data: The file's content; an empty file is an image without people.
      name: The file's name.
      first_frame: Index of the image.

    Returns:
      The people, whose coordinates are fractions. Damaged lines are left out.
    """
    stem = PurePath(name).stem
    image = ImageEntry(image_names(stem), first_frame)
    lines = [line.split() for line in data.removeprefix(_MARK).splitlines()]
    rows = [(number, fields) for number, fields in enumerate(lines, start=1) if fields]
    # A whole number in every line is a track, not a confidence.
    has_confidence = not all(fields[-1].isdigit() for _, fields in rows)
    people: list[Person] = []
    skipped: list[Skipped] = []
    for place, (number, fields) in enumerate(rows):
        person_id = f"{stem}_{place}"
        where = f"{name}, line {number}"
        try:
            outcome = _line(fields, where, has_confidence)
        except InputError as error:
            outcome = str(error)
        if isinstance(outcome, str):
            skipped.append(Skipped(person_id, outcome))
            continue
        points, confidence, box, track_id = outcome
        people.append(Person(person_id, image, points, confidence, box, track_id, is_relative=True))
    return People("coco17", people, skipped, num_images=1)


def _line(fields: list[bytes], where: str, has_confidence: bool) -> Detection | str:
    """A person, or why the line is none."""
    if not all(map(_NUMBER.fullmatch, fields)):
        raise InputError(f"{where}: expected numbers")
    numbers = np.array([float(field) for field in fields])
    if numbers[0] != _PERSON:
        return coco_fields.OTHER_CATEGORY
    if len(fields) <= _NUM_BOX + 2:
        return coco_fields.NO_KEYPOINTS
    if len(fields) not in _FORMS:
        raise InputError(
            f"{where}: expected class, box and {NUM_COCO17} keypoints, 39 or 56 numbers, received"
            f" {len(fields)}"
        )
    if not np.abs(numbers[1:_NUM_BOX]).max() < _MAX_FRACTION:
        raise InputError(f"{where}: expected fractions of the image, received {numbers[1]:g}")
    size, more = _FORMS[len(fields)]
    rows = numbers[_NUM_BOX : _NUM_BOX + size * NUM_COCO17].reshape(NUM_COCO17, size)
    points = rows[:, :2]
    v = np.minimum(rows[:, 2], 1.0) if size == 3 else np.ones(NUM_COCO17)
    x, y, width, height = numbers[1:_NUM_BOX]
    is_tracked = more == 2 or (more == 1 and not has_confidence)
    return Detection(
        points,
        np.where((points == 0).all(axis=1), 0.0, v),
        np.array([x - width / 2, y - height / 2, width, height]),
        fields[-1].decode() if is_tracked else None,
    )
