"""Reader of COCO's lists of results, `[{"image_id", "category_id", "keypoints", "score"}, ...]`.

Detectron2's `coco_instances_results.json`, AlphaPose's `alphapose-results.json` (image names as
`image_id`, `idx` in the place of `track_id`) and Ultralytics' `predictions.json` are such lists.
Detectron2's `instances_predictions` has a list of `instances` per image.
"""

from collections.abc import Iterator
from typing import Any

from hps_tf.data.keypoints import coco_fields
from hps_tf.data.keypoints.coco_fields import NO_KEYPOINTS, OTHER_CATEGORY, image_names
from hps_tf.data.keypoints.keypoint_layouts import COCO17_FIRST
from hps_tf.data.keypoints.people import ImageEntry, People, Person, Skipped
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.sorting import natural_order

_PERSON = ("0", "1")  # COCO's number, and that of programs that count from 0.


def read(entries: list[Any], name: str, first_frame: int = 0, *, skip_bad: bool = False) -> People:
    """Reads people from parsed JSON.

    A result has no identifier of its own: it is named after its image and its place among the
    image's results. Images are in natural order.

    Args:
      entries: The file's content.
      name: How errors call the file.
      first_frame: Index of the first image.
      skip_bad: Whether results that are damaged are left out, as `People.damaged`.

    Raises:
      InputError: If a field is missing or wrong.
    """
    damaged: list[str] = []
    rows: list[tuple[str, dict[str, Any], int | str]] = []
    for where, entry in _entries(entries, name):
        try:
            fields = json_values.as_object(entry, where)
            rows.append((where, fields, coco_fields.image_id(fields, where)))
        except InputError as error:
            if not skip_bad:
                raise
            damaged.append(str(error))
    order = sorted({image_id for _, _, image_id in rows}, key=natural_order)
    called = {image_id: _file_name(fields) for _, fields, image_id in rows}
    images = {
        image_id: ImageEntry(called[image_id] or image_names(image_id), first_frame + place)
        for place, image_id in enumerate(order)
    }
    counts = dict.fromkeys(order, 0)
    people: list[Person] = []
    skipped: list[Skipped] = []
    for where, fields, image_id in rows:
        person_id = f"{image_id}_{counts[image_id]}"
        counts[image_id] += 1
        try:
            outcome = _outcome(fields, where, person_id, images[image_id])
        except InputError as error:
            if not skip_bad:
                raise
            damaged.append(str(error))
            continue
        if isinstance(outcome, Person):
            people.append(outcome)
        else:
            skipped.append(outcome)
    return People("coco17", people, skipped, len(images), damaged)


def _entries(entries: list[Any], name: str) -> Iterator[tuple[str, Any]]:
    """Results with where they stand; those of an image one by one."""
    for index, entry in enumerate(entries):
        where = f"{name}[{index}]"
        instances = entry.get("instances") if isinstance(entry, dict) else None
        if not isinstance(instances, list):
            yield where, entry
            continue
        for place, instance in enumerate(instances):
            fields = instance
            if isinstance(instance, dict) and "image_id" in entry:
                fields = {"image_id": entry["image_id"]} | instance
            yield f"{where}, instances[{place}]", fields


def _file_name(fields: dict[str, Any]) -> tuple[str] | None:
    """The image's name where a result has it beside the identifier."""
    name = fields.get("file_name")
    return (name,) if isinstance(name, str) and name.isprintable() and name else None


def _outcome(
    fields: dict[str, Any], where: str, person_id: str, image: ImageEntry
) -> Person | Skipped:
    if coco_fields.category(fields, where) not in (None, *_PERSON):
        return Skipped(person_id, OTHER_CATEGORY)
    if not fields.get("keypoints"):
        return Skipped(person_id, NO_KEYPOINTS)
    return coco_fields.person(fields, where, person_id, image, COCO17_FIRST)
