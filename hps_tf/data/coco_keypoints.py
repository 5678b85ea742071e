"""Reader of COCO person keypoints: an annotation file, or a list of results.

An annotation file is `{"images": [...], "annotations": [...], "categories": [...]}`; results are
`[{"image_id", "category_id", "keypoints", "score"}, ...]`. A keypoint is x, y, v. In annotations v
is 0, 1 (labelled, hidden from view) or 2 (visible); in results many programs put a score there. The
confidence is v limited to 1: what annotators labelled counts in full, seen or not.
"""

import contextlib
import dataclasses
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data import json_values
from hps_tf.data.natural_order import natural_order
from hps_tf.data.people import MAX_PIXELS, ImageEntry, People, Person, Skipped
from hps_tf.errors import InputError

#: Why a person is skipped though nothing is wrong with the file.
CROWD = "a crowd, not one person"
NO_KEYPOINTS = "no keypoint is labelled"

_NUM_KEYPOINTS = len(COCO17_NAMES)
_MAX_SIDE = 1 << 16

#: How COCO's releases of 2017 and 2014 name the image of an identifier.
_IMAGE_NAMES = ("{:012d}.jpg", "COCO_val2014_{:012d}.jpg", "COCO_train2014_{:012d}.jpg")


def read(content: Any, name: str, first_frame: int = 0, *, skip_bad: bool = False) -> People:
    """Reads people from parsed JSON.

    Crowds and people without labelled keypoints are skipped. A result has no identifier of its own:
    it is named after its image and its place among the image's results.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: How errors call the file.
      first_frame: Index of the first image.
      skip_bad: Whether images and annotations that are damaged are left out, as `People.damaged`.
        Results are read whole or not at all.

    Returns:
      The people in the file's order.

    Raises:
      InputError: If a field is missing or wrong.
    """
    if isinstance(content, list):
        return _Results(name).read(content, first_frame)
    return _Annotations(name, skip_bad).read(json_values.as_object(content, name), first_frame)


def image_names(image_id: int | str) -> tuple[str, ...]:
    """Returns the file names that COCO gives the image of an identifier."""
    if isinstance(image_id, str) and not re.fullmatch(r"\d{1,18}", image_id, re.ASCII):
        return (image_id,)
    return tuple(pattern.format(int(image_id)) for pattern in _IMAGE_NAMES)


class _Annotations:
    """An annotation file."""

    def __init__(self, name: str, skip_bad: bool):
        self._name = name
        self._skip_bad = skip_bad
        self._damaged: list[str] = []

    def read(self, content: dict[str, Any], first_frame: int) -> People:
        self._check_categories(content.get("categories", []))
        images = self._images(content, first_frame)
        people: list[Person] = []
        skipped: list[Skipped] = []
        seen: set[str] = set()
        for where, entry in self._entries(content, "annotations"):
            with self._tolerance():
                outcome = self._outcome(entry, where, images, seen)
                if isinstance(outcome, Person):
                    people.append(outcome)
                else:
                    skipped.append(outcome)
        return People("coco17", people, skipped, len(images), self._damaged)

    def _images(self, content: dict[str, Any], first_frame: int) -> dict[str, ImageEntry]:
        images: dict[str, ImageEntry] = {}
        for index, (where, entry) in enumerate(self._entries(content, "images")):
            with self._tolerance():
                fields = json_values.as_object(entry, where)
                image_id = _identity(fields, where, images)
                names = image_names(image_id)
                if "file_name" in fields:
                    names = (json_values.as_text(fields["file_name"], f"{where}.file_name"),)
                size = _size(fields, where)
                images[str(image_id)] = ImageEntry(names, first_frame + index, size)
        return images

    def _entries(self, content: dict[str, Any], field: str) -> Iterator[tuple[str, Any]]:
        entries = json_values.member(content, field, self._name)
        entries = json_values.as_list(entries, f"{self._name}, {field}")
        return ((f"{self._name}, {field}[{i}]", entry) for i, entry in enumerate(entries))

    @contextlib.contextmanager
    def _tolerance(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            if not self._skip_bad:
                raise
            self._damaged.append(str(error))

    def _outcome(
        self, entry: Any, where: str, images: Mapping[str, ImageEntry], seen: set[str]
    ) -> Person | Skipped:
        fields = json_values.as_object(entry, where)
        person_id = str(_identity(fields, where, seen))
        seen.add(person_id)
        image_id = str(_image_id(fields, where))
        if image_id not in images:
            raise InputError(
                f"{where}.image_id: expected the id of one of the images, received {image_id}"
            )
        keypoints = json_values.as_numbers(
            json_values.member(fields, "keypoints", where), f"{where}.keypoints"
        )
        if fields.get("iscrowd"):
            return Skipped(person_id, CROWD)
        if fields.get("num_keypoints") == 0:
            return Skipped(person_id, NO_KEYPOINTS)
        return _person(fields, where, person_id, images[image_id], keypoints)

    def _check_categories(self, categories: Any) -> None:
        """Refuses other skeletons that have 17 keypoints too."""
        for category in json_values.as_list(categories, f"{self._name}, categories"):
            names = category.get("keypoints") if isinstance(category, dict) else None
            if isinstance(names, list) and names and not _are_coco17(names):
                received = ", ".join(map(str, names[:4]))
                raise InputError(
                    f"{self._name}, categories: expected COCO's {_NUM_KEYPOINTS} keypoints"
                    f" ({', '.join(COCO17_NAMES[:4])}, ...), received {len(names)}: {received}, ..."
                )


class _Results:
    """A list of results."""

    def __init__(self, name: str):
        self._name = name

    def read(self, entries: list[Any], first_frame: int) -> People:
        rows = [json_values.as_object(e, f"{self._name}[{i}]") for i, e in enumerate(entries)]
        image_ids = [_image_id(fields, f"{self._name}[{i}]") for i, fields in enumerate(rows)]
        order = sorted(set(image_ids), key=natural_order)
        images = {
            image_id: ImageEntry(image_names(image_id), first_frame + place)
            for place, image_id in enumerate(order)
        }
        counts = dict.fromkeys(order, 0)
        people: list[Person] = []
        skipped: list[Skipped] = []
        for index, (fields, image_id) in enumerate(zip(rows, image_ids, strict=True)):
            where = f"{self._name}[{index}]"
            keypoints = json_values.as_numbers(
                json_values.member(fields, "keypoints", where), f"{where}.keypoints"
            )
            person_id = f"{image_id}_{counts[image_id]}"
            counts[image_id] += 1
            outcome = _person(fields, where, person_id, images[image_id], keypoints)
            if isinstance(outcome, Person):
                people.append(outcome)
            else:
                skipped.append(outcome)
        return People("coco17", people, skipped, len(images))


def _person(
    fields: dict[str, Any], where: str, person_id: str, image: ImageEntry, keypoints: np.ndarray
) -> Person | Skipped:
    if len(keypoints) != 3 * _NUM_KEYPOINTS:
        return Skipped(
            person_id,
            f"expected keypoints of {3 * _NUM_KEYPOINTS} numbers, received {len(keypoints)}",
        )
    x, y, v = keypoints.reshape(_NUM_KEYPOINTS, 3).T
    person = Person(person_id, image, np.stack([x, y], axis=1), np.minimum(v, 1.0))
    if fields.get("bbox") is not None:
        box = json_values.as_numbers(fields["bbox"], f"{where}.bbox")
        if len(box) != 4:
            raise InputError(f"{where}.bbox: expected 4 numbers, received {len(box)}")
        person = dataclasses.replace(person, box=box)
    if fields.get("track_id") is not None:
        track_id = json_values.as_identity(fields["track_id"], f"{where}.track_id")
        person = dataclasses.replace(person, track_id=str(track_id))
    return person


def _identity(fields: dict[str, Any], where: str, taken: Container[str]) -> int | str:
    identity = json_values.as_identity(json_values.member(fields, "id", where), f"{where}.id")
    if str(identity) in taken:
        raise InputError(f"{where}.id: expected one of its own, received {identity} again")
    return identity


def _image_id(fields: dict[str, Any], where: str) -> int | str:
    value = json_values.member(fields, "image_id", where)
    return json_values.as_identity(value, f"{where}.image_id")


def _size(fields: dict[str, Any], where: str) -> tuple[int, int] | None:
    if fields.get("width") is None or fields.get("height") is None:
        return None
    height, width = (
        json_values.as_whole_number(fields[side], f"{where}.{side}", 1, _MAX_SIDE)
        for side in ("height", "width")
    )
    if height * width > MAX_PIXELS:
        raise InputError(
            f"{where}: expected an image of at most {MAX_PIXELS} pixels, received"
            f" {width} x {height}"
        )
    return height, width


def _are_coco17(names: list[Any]) -> bool:
    """Compares names however they are spelt: left_eye, LEye, l-eye."""

    def spelt(name: Any) -> str:
        letters = re.sub("[^a-z]", "", str(name).lower())
        return re.sub("^(left|right)", lambda side: side[0][0], letters)

    return [spelt(name) for name in names] == [spelt(name) for name in COCO17_NAMES]
