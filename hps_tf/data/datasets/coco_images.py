"""The photographs of COCO that become image examples: which people are kept, and their splits.

The files are COCO's `person_keypoints_*.json` of 2014 or 2017 and DensePose-COCO's
`densepose_coco_2014_*.json`, whose annotations carry COCO's ids.
"""

import collections
import dataclasses
import hashlib
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from hps_tf.data.datasets.preparation import Drops
from hps_tf.data.keypoints import coco_keypoints, people
from hps_tf.data.keypoints.part_masks import DensePoseMasks
from hps_tf.data.keypoints.people import ImageEntry, Person
from hps_tf.errors import InputError
from hps_tf.io import json_values

#: Labelled keypoints that a person must have.
MIN_KEYPOINTS = 6

#: Pixels that the longer side of a person's box must have.
MIN_BOX = 32

#: Share of the photographs that are for testing, if no count is given: the paper's 1,000 of 15,000.
TEST_SHARE = 1 / 15

_MAX_COORDINATE = 1e5  # Pixels, of a box.

#: Why a person is left out.
FEW_KEYPOINTS = f"fewer than {MIN_KEYPOINTS} labelled keypoints"
SMALL_BOX = f"a box under {MIN_BOX} pixels"
NO_PARTS = "no labelled parts"
DAMAGED = "a damaged annotation"
DAMAGED_PARTS = "damaged part masks"
NO_PHOTOGRAPH = "a photograph that is missing or damaged"
NOT_CHOSEN = "beyond the photographs asked for"


class CocoPhotograph(NamedTuple):
    """A photograph and those of its people who become examples.

    Attributes:
      image_id: COCO's.
      entry: How it is found.
      people: At least one.
      masks: Of those people, if any has some.
    """

    image_id: str
    entry: ImageEntry
    people: list[Person]
    masks: DensePoseMasks | None

    @property
    def place(self) -> float:
        """Its place from 0 to 1 among all photographs there could be: the hash of its id."""
        digest = hashlib.sha256(self.image_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


def read(
    content: Any,
    name: str,
    masks: DensePoseMasks | None,
    drops: Drops,
    *,
    parts_only: bool = False,
    skip_bad: bool = False,
) -> list[CocoPhotograph]:
    """Reads the people worth keeping.

    Args:
      content: An annotation file, as `json_values.parse` gives it.
      name: How errors call the file.
      masks: DensePose's.
      drops: Counts who is left out.
      parts_only: Whether people without masks are left out.
      skip_bad: Whether what is damaged is left out too.

    Returns:
      The photographs in the order of their `place`.

    Raises:
      InputError: If the file is no annotation file, an entry is damaged, or `masks` are of other
        people.
    """
    found = coco_keypoints.read(json_values.as_object(content, name), name, skip_bad=skip_bad)
    for error in (*found.damaged, *(masks.damaged if masks is not None else ())):
        drops.add(DAMAGED, error)
    for person_id, reason in found.skipped:
        if reason in coco_keypoints.NOBODY:
            drops.add(reason)
        elif skip_bad:
            drops.add(DAMAGED, f"{name}, annotation {person_id}: {reason}")
        else:
            raise InputError(f"{name}, annotation {person_id}: {reason}")
    by_frame: dict[int, list[Person]] = collections.defaultdict(list)
    with_masks: Set[str] = masks.person_ids if masks is not None else frozenset()
    if masks is not None and with_masks.isdisjoint(person.person_id for person in found.people):
        raise InputError(f"{name}: expected the people of the part masks, received none of them")
    for person in map(_with_box, found.people):
        try:
            cause = _reason_to_leave_out(person, name)
        except InputError as error:
            if not skip_bad:
                raise
            drops.add(DAMAGED, str(error))
            continue
        if cause is None and parts_only and person.person_id not in with_masks:
            cause = NO_PARTS
        if cause is None:
            by_frame[person.image.frame].append(person)
        else:
            drops.add(cause)
    chosen = [
        _photograph(content["images"][frame]["id"], members, masks)
        for frame, members in by_frame.items()
    ]
    return sorted(chosen, key=lambda photograph: (photograph.place, photograph.image_id))


def split(
    chosen: Sequence[CocoPhotograph], drops: Drops, num_test: int | None, num_train: int | None
) -> dict[str, list[CocoPhotograph]]:
    """Splits photographs, the people of one together, by nothing but their ids.

    Args:
      chosen: Photographs in the order of their `place`.
      drops: Counts people in photographs beyond `num_train`.
      num_test: Photographs to test with, the first; by default those whose `place` is below
        `TEST_SHARE`.
      num_train: Photographs to train with, the next; by default all the others.

    Returns:
      `test` and `train`.
    """
    if num_test is None:
        num_test = sum(photograph.place < TEST_SHARE for photograph in chosen)
    end = len(chosen) if num_train is None else num_test + num_train
    for photograph in chosen[end:]:
        drops.add(NOT_CHOSEN, count=len(photograph.people))
    return {"test": list(chosen[:num_test]), "train": list(chosen[num_test:end])}


def check_box(box: np.ndarray, least_side: float, where: str) -> None:
    """Raises `InputError` unless a box is finite, near and not smaller than `least_side` pixels."""
    if not (np.abs(box) <= _MAX_COORDINATE).all() or (box[2:] < least_side).any():
        raise InputError(
            f"{where}: expected left, top, width, height in pixels, received {box.tolist()}"
        )


def _with_box(person: Person) -> Person:
    """Gives a person without a box that of the keypoints, if any is labelled."""
    if person.box is not None or not person.is_seen.any():
        return person
    return dataclasses.replace(person, box=people.box_around(person))


def _reason_to_leave_out(person: Person, name: str) -> str | None:
    """Why a person is not worth keeping; raises `InputError` if the annotation is damaged."""
    where = f"{name}, annotation {person.person_id}"
    if person.box is None:
        return FEW_KEYPOINTS
    check_box(person.box, 0, f"{where}, bbox")
    if person.is_seen.sum() < MIN_KEYPOINTS:
        return FEW_KEYPOINTS
    if person.box[2:].max() < MIN_BOX or person.box[2:].min() < 1:
        return SMALL_BOX
    flaw = people.flaw(person)
    if flaw is not None:
        raise InputError(f"{where}: {flaw}")
    return None


def _photograph(
    image_id: Any, members: list[Person], masks: DensePoseMasks | None
) -> CocoPhotograph:
    entry = members[0].image
    # COCO's releases call the same photograph by other names.
    entry = entry._replace(names=(*entry.names, *coco_keypoints.image_names(image_id)))
    own_masks = masks.of_people(members) if masks is not None else None
    is_masked = own_masks is not None and own_masks.person_ids
    identity = str(json_values.as_identity(image_id, "image_id"))
    return CocoPhotograph(identity, entry, members, own_masks if is_masked else None)
