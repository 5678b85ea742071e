"""Fields of a person in COCO's files, annotations and results alike."""

import dataclasses
import re
from collections.abc import Container
from pathlib import PurePath
from typing import Any

import numpy as np

from hps_tf.data.keypoints import detection, people
from hps_tf.data.keypoints.keypoint_layouts import NUM_COCO17
from hps_tf.data.keypoints.people import ImageEntry, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values

#: Why a person is skipped though nothing is wrong with the file.
CROWD = "a crowd, not one person"
NO_KEYPOINTS = "no keypoint is labelled"
OTHER_CATEGORY = "of a category other than people"
NOBODY = frozenset({CROWD, NO_KEYPOINTS, OTHER_CATEGORY})

#: How COCO's releases of 2017 and 2014 name the image of an identifier.
_IMAGE_NAMES = ("{:012d}.jpg", "COCO_val2014_{:012d}.jpg", "COCO_train2014_{:012d}.jpg")


def image_names(image_id: int | str) -> tuple[str, ...]:
    """Returns the file names that COCO gives the image of an identifier.

    An identifier that is a text is a name, or, as Ultralytics writes it, a name without its suffix.
    """
    if isinstance(image_id, str) and not re.fullmatch(r"\d{1,18}", image_id, re.ASCII):
        has_suffix = PurePath(image_id).suffix.lower() in people.IMAGE_SUFFIXES
        return (image_id,) if has_suffix else (image_id, *people.image_names(image_id))
    return tuple(pattern.format(int(image_id)) for pattern in _IMAGE_NAMES)


def person(
    fields: dict[str, Any], where: str, person_id: str, image: ImageEntry, sizes: Container[int]
) -> Person | Skipped:
    """Reads a person whose keypoints are a set of one of some sizes, COCO's first."""
    keypoints = json_values.as_measurements(fields["keypoints"], f"{where}.keypoints")
    num_keypoints, rest = divmod(len(keypoints), 3)
    if rest or num_keypoints not in sizes:
        return Skipped(
            person_id,
            f"expected keypoints of {3 * NUM_COCO17} numbers, received {len(keypoints)}",
        )
    x, y, v = keypoints.reshape(num_keypoints, 3)[:NUM_COCO17].T
    found = Person(
        person_id, image, np.stack([x, y], axis=1), np.minimum(v, 1.0), box=_box(fields, where)
    )
    return dataclasses.replace(found, track_id=detection.track_id(fields, where))


def category(fields: dict[str, Any], where: str) -> str | None:
    """Reads the identifier of a person's category; None without one."""
    value = fields.get("category_id")
    return None if value is None else str(json_values.as_identity(value, f"{where}.category_id"))


def image_id(fields: dict[str, Any], where: str) -> int | str:
    """Reads the identifier of a person's image."""
    value = json_values.member(fields, "image_id", where)
    return json_values.as_identity(value, f"{where}.image_id")


def _box(fields: dict[str, Any], where: str) -> np.ndarray | None:
    """Reads a box; an empty one, or of no width and height, is none."""
    if not fields.get("bbox"):
        return None
    box = json_values.as_numbers(fields["bbox"], f"{where}.bbox")
    if len(box) != 4:
        raise InputError(f"{where}.bbox: expected 4 numbers, received {len(box)}")
    return box if box[2:].any() else None
