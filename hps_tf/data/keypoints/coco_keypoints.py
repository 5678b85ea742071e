"""Reader of COCO person keypoints: an annotation file, or a list of results (`coco_results`).

An annotation file is `{"images": [...], "annotations": [...], "categories": [...]}`. A keypoint is
x, y, v. In annotations v is 0, 1 (labelled, hidden from view) or 2 (visible); in results many
programs put a score there. The confidence is v limited to 1: what annotators labelled counts in
full, seen or not.

People are of the categories whose keypoints are COCO's; where no category lists keypoints, of those
named person. Keypoints of larger sets count where COCO's 17 come first: as `categories` lists them,
or of Halpe-26, COCO-WholeBody (133) and Halpe-136.
"""

import contextlib
from collections.abc import Container, Iterator, Mapping
from typing import Any

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.data.keypoints import coco_fields, coco_results, keypoint_layouts
from hps_tf.data.keypoints.coco_fields import (
    CROWD,
    NO_KEYPOINTS,
    NOBODY,
    OTHER_CATEGORY,
    image_names,
)
from hps_tf.data.keypoints.people import MAX_PIXELS, ImageEntry, People, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values

__all__ = ["CROWD", "NOBODY", "NO_KEYPOINTS", "OTHER_CATEGORY", "image_names", "read"]

_NUM_KEYPOINTS = len(COCO17_NAMES)
_MAX_SIDE = 1 << 16

_NAMES_OF_PEOPLE = ("person", "people", "human", "pedestrian")


def read(content: Any, name: str, first_frame: int = 0, *, skip_bad: bool = False) -> People:
    """Reads people from parsed JSON.

    Crowds and people without labelled keypoints are skipped.

    Args:
      content: The file's content, as `json_values.parse` gives it.
      name: How errors call the file.
      first_frame: Index of the first image.
      skip_bad: Whether images, annotations and results that are damaged are left out, as
        `People.damaged`.

    Returns:
      The people in the file's order.

    Raises:
      InputError: If a field is missing or wrong.
    """
    if isinstance(content, list):
        return coco_results.read(content, name, first_frame, skip_bad=skip_bad)
    return _Annotations(name, skip_bad).read(json_values.as_object(content, name), first_frame)


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
        image_id = str(coco_fields.image_id(fields, where))
        if image_id not in images:
            raise InputError(
                f"{where}.image_id: expected the id of one of the images, received {image_id}"
            )
        category = coco_fields.category(fields, where)
        sizes = self._sizes
        if sizes is not None and category is not None and category not in sizes:
            return Skipped(person_id, OTHER_CATEGORY)
        if fields.get("iscrowd"):
            return Skipped(person_id, CROWD)
        if fields.get("num_keypoints") == 0 or not fields.get("keypoints"):
            return Skipped(person_id, NO_KEYPOINTS)
        listed = (sizes or {}).get(category or "", _NUM_KEYPOINTS)
        return coco_fields.person(
            fields, where, person_id, images[image_id], (_NUM_KEYPOINTS, listed)
        )

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
        people = [
            c for c in with_names if keypoint_layouts.are_coco17(c["keypoints"][:_NUM_KEYPOINTS])
        ]
        if not people:
            others = [c for c in categories if c not in with_names]
            people = [c for c in others if str(c.get("name")).lower() in _NAMES_OF_PEOPLE]
        if people:
            keys = [coco_fields.category({"category_id": c.get("id")}, where) for c in people]
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


def _identity(fields: dict[str, Any], where: str, taken: Container[str]) -> int | str:
    identity = json_values.as_identity(json_values.member(fields, "id", where), f"{where}.id")
    if str(identity) in taken:
        raise InputError(f"{where}.id: expected one of its own, received {identity} again")
    return identity


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
