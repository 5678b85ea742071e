"""Reader of COCO person keypoints: an annotation file, or a list of results.

An annotation file is `{"images": [...], "annotations": [...], "categories": [...]}`; results are
`[{"image_id", "category_id", "keypoints", "score"}, ...]`. A keypoint is x, y, v. In annotations v
is 0, 1 (labelled, hidden from view) or 2 (visible); in results many programs put a score there. The
confidence is v limited to 1: what annotators labelled counts in full, seen or not.

People are of the categories whose keypoints are COCO's; where no category lists keypoints, of those
named person. Keypoints of larger sets count where COCO's 17 come first: as `categories` lists them,
or of Halpe-26, COCO-WholeBody (133) and Halpe-136.
"""

import contextlib
import dataclasses
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.keypoints.people import MAX_PIXELS, ImageEntry, People, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.natural_order import natural_order

#: Why a person is skipped though nothing is wrong with the file.
CROWD = "a crowd, not one person"
NO_KEYPOINTS = "no keypoint is labelled"
OTHER_CATEGORY = "of a category other than people"
NOBODY = frozenset({CROWD, NO_KEYPOINTS, OTHER_CATEGORY})

_NUM_KEYPOINTS = len(COCO17_NAMES)
_MAX_SIDE = 1 << 16

_SETS_WITH_COCO17_FIRST = (_NUM_KEYPOINTS, 26, 133, 136)
_NAMES_OF_PEOPLE = ("person", "people", "human", "pedestrian")
_PERSON_OF_RESULTS = ("0", "1")  # COCO's number, and that of programs that count from 0.

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
        self._sizes: dict[str, int] | None = None  # Keypoints of each category of people.

    def read(self, content: dict[str, Any], first_frame: int) -> People:
        self._sizes = self._categories(content.get("categories", []))
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
        category = _category(fields, where)
        sizes = self._sizes
        if sizes is not None and category is not None and category not in sizes:
            return Skipped(person_id, OTHER_CATEGORY)
        if fields.get("iscrowd"):
            return Skipped(person_id, CROWD)
        if fields.get("num_keypoints") == 0 or not fields.get("keypoints"):
            return Skipped(person_id, NO_KEYPOINTS)
        listed = (sizes or {}).get(category or "", _NUM_KEYPOINTS)
        return _person(fields, where, person_id, images[image_id], (_NUM_KEYPOINTS, listed))

    def _categories(self, value: Any) -> dict[str, int] | None:
        """Tells people's categories and how many keypoints they list; None if nothing does.

        Raises:
          InputError: If the file is of other skeletons, which may have 17 keypoints too, or of
            other things than people.
        """
        where = f"{self._name}, categories"
        categories = [c for c in json_values.as_list(value, where) if isinstance(c, dict)]
        with_names = [c for c in categories if isinstance(c.get("keypoints"), list)]
        with_names = [c for c in with_names if c["keypoints"]]
        people = [c for c in with_names if _are_coco17(c["keypoints"][:_NUM_KEYPOINTS])]
        if not people:
            others = [c for c in categories if c not in with_names]
            people = [c for c in others if str(c.get("name")).lower() in _NAMES_OF_PEOPLE]
        if people:
            keys = [_category({"category_id": c.get("id")}, where) for c in people]
            sizes = [len(c["keypoints"]) if c in with_names else _NUM_KEYPOINTS for c in people]
            return {key: size for key, size in zip(keys, sizes, strict=True) if key} or None
        for names in (category["keypoints"] for category in with_names):
            received = ", ".join(map(str, names[:4]))
            raise InputError(
                f"{where}: expected COCO's {_NUM_KEYPOINTS} keypoints"
                f" ({', '.join(COCO17_NAMES[:4])}, ...), received {len(names)}: {received}, ..."
            )
        known = [str(category["name"]) for category in categories if category.get("name")]
        if known:
            raise InputError(
                f"{where}: expected one with COCO's keypoints or named 'person', received"
                f" {', '.join(map(repr, known[:4]))}"
            )
        return None


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
            person_id = f"{image_id}_{counts[image_id]}"
            counts[image_id] += 1
            outcome: Person | Skipped
            if _category(fields, where) not in (None, *_PERSON_OF_RESULTS):
                outcome = Skipped(person_id, OTHER_CATEGORY)
            elif not fields.get("keypoints"):
                outcome = Skipped(person_id, NO_KEYPOINTS)
            else:
                sizes = _SETS_WITH_COCO17_FIRST
                outcome = _person(fields, where, person_id, images[image_id], sizes)
            if isinstance(outcome, Person):
                people.append(outcome)
            else:
                skipped.append(outcome)
        return People("coco17", people, skipped, len(images))


def _person(
    fields: dict[str, Any], where: str, person_id: str, image: ImageEntry, sizes: Container[int]
) -> Person | Skipped:
    """Reads a person whose keypoints are a set of one of some sizes, COCO's first."""
    keypoints = json_values.as_measurements(fields["keypoints"], f"{where}.keypoints")
    num_keypoints, rest = divmod(len(keypoints), 3)
    if rest or num_keypoints not in sizes:
        return Skipped(
            person_id,
            f"expected keypoints of {3 * _NUM_KEYPOINTS} numbers, received {len(keypoints)}",
        )
    x, y, v = keypoints.reshape(num_keypoints, 3)[:_NUM_KEYPOINTS].T
    person = Person(
        person_id, image, np.stack([x, y], axis=1), np.minimum(v, 1.0), box=_box(fields, where)
    )
    return dataclasses.replace(person, track_id=_track_id(fields, where))


def _box(fields: dict[str, Any], where: str) -> np.ndarray | None:
    """Reads a box; an empty one, or of no width and height, is none."""
    if not fields.get("bbox"):
        return None
    box = json_values.as_numbers(fields["bbox"], f"{where}.bbox")
    if len(box) != 4:
        raise InputError(f"{where}.bbox: expected 4 numbers, received {len(box)}")
    return box if box[2:].any() else None


def _track_id(fields: dict[str, Any], where: str) -> str | None:
    """Reads who it is: `track_id`, or AlphaPose's `idx`, which may lie in lists of one."""
    for name in ("track_id", "idx"):
        value = fields.get(name)
        while isinstance(value, list) and len(value) == 1:
            (value,) = value
        if value is not None and value != []:
            return str(json_values.as_identity(value, f"{where}.{name}"))
    return None


def _category(fields: dict[str, Any], where: str) -> str | None:
    value = fields.get("category_id")
    return None if value is None else str(json_values.as_identity(value, f"{where}.category_id"))


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
