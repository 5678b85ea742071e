"""Maps of the 14 body parts of people: label images, or DensePose's masks.

Convention: labels as in `hps_tf.body.parts`; a map covers a box (left, top, width, height) of the
full frame.
"""

import copy
import re
import zlib
from collections.abc import Iterable, Set
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np

from hps_tf.body.parts import NUM_PARTS
from hps_tf.data.images import photographs
from hps_tf.data.keypoints import coco_rle
from hps_tf.data.keypoints.people import Person
from hps_tf.errors import InputError
from hps_tf.io import json_values

_MAX_STEM = 100


class PartMap(NamedTuple):
    """A map of a person's parts.

    Attributes:
      labels: `(H, W)` uint8.
      box: `(4,)` that it covers.
    """

    labels: np.ndarray
    box: np.ndarray

    def resampled(self, size: tuple[int, int]) -> np.ndarray:
        """Returns the `size` labels at the middles of as many cells of the box."""
        rows, columns = (
            ((np.arange(new) + 0.5) * old / new).astype(int)
            for new, old in zip(size, self.labels.shape, strict=True)
        )
        return self.labels[np.ix_(rows, columns)]


class LabelImages:
    """A directory of label images, grey or with a palette, values 0 to 14.

    A file is named after the person, ``PERSON_ID.png``, or, where a person is alone in an image,
    after the image. It is as large as the image or as the person's box.
    """

    def __init__(self, directory: Path):
        self._directory = directory
        if not directory.is_dir():
            raise InputError(f"{directory}: expected a directory of label images")

    def of(self, person: Person, is_alone: bool) -> PartMap | None:
        """Reads a person's map.

        Args:
          person: The person; its image's size must be known.
          is_alone: Whether nobody else is in the image.

        Returns:
          The map, cut to what is labelled, or None if there is no file.

        Raises:
          InputError: If the file is damaged, of another size or holds other values.
        """
        stems = [file_stem(person.person_id)]
        if is_alone:
            stems += [PurePath(name).stem for name in person.image.names]
        for stem in stems:
            path = self._directory / f"{stem}.png"
            if path.is_file():
                return _cropped(_placed(photographs.read_labels(path), person, path))
        return None


class DensePoseMasks:
    """The `dp_masks` of DensePose's annotations: 14 masks of a person's box, [] where none.

    Args:
      content: Parsed JSON, ``{"annotations": [{"id", "bbox", "dp_masks"}, ...]}``.
      name: How errors call the file.
      skip_bad: Whether annotations that are damaged are left out, as `damaged`.

    Raises:
      InputError: If it is no such file.

    Attributes:
      damaged: The faults of annotations that were left out.
    """

    def __init__(self, content: Any, name: str, *, skip_bad: bool = False):
        self._name = name
        self._annotations: dict[str, tuple[dict[str, Any], str]] = {}
        self.damaged: list[str] = []
        annotations = json_values.member(json_values.as_object(content, name), "annotations", name)
        for index, entry in enumerate(json_values.as_list(annotations, f"{name}, annotations")):
            try:
                self._add(entry, f"{name}, annotations[{index}]")
            except InputError as error:
                if not skip_bad:
                    raise
                self.damaged.append(str(error))
        if not self._annotations:
            raise InputError(f"{name}: expected annotations with dp_masks, received none")

    @property
    def person_ids(self) -> Set[str]:
        """Those of whom there are masks."""
        return self._annotations.keys()

    def of_people(self, people: Iterable[Person]) -> "DensePoseMasks":
        """Returns the masks of some people alone, small enough for another process."""
        few = copy.copy(self)
        ids = [person.person_id for person in people if person.person_id in self._annotations]
        few._annotations = {person_id: self._annotations[person_id] for person_id in ids}
        few.damaged = []
        return few

    def of(self, person: Person, is_alone: bool) -> PartMap | None:
        """Decodes a person's map; see `LabelImages.of`."""
        if person.person_id not in self._annotations:
            return None
        fields, where = self._annotations[person.person_id]
        box = json_values.as_numbers(json_values.member(fields, "bbox", where), f"{where}.bbox")
        if len(box) != 4 or not np.isfinite(box).all() or (box[2:] <= 0).any():
            raise InputError(f"{where}.bbox: expected left, top, width, height, received {box}")
        return PartMap(_merged(fields["dp_masks"], f"{where}.dp_masks"), box)

    def _add(self, entry: Any, where: str) -> None:
        fields = json_values.as_object(entry, where)
        identity = json_values.as_identity(json_values.member(fields, "id", where), f"{where}.id")
        if not fields.get("dp_masks"):
            return
        if str(identity) in self._annotations:
            raise InputError(f"{where}.id: expected one of its own, received {identity} again")
        self._annotations[str(identity)] = fields, where


def file_stem(person_id: str) -> str:
    """Returns the name of a person's files, safe and unlike those of others."""
    stem = re.sub(r"[^\w.-]|^\.", "_", person_id, flags=re.ASCII)[:_MAX_STEM]
    return stem if stem == person_id else f"{stem}-{zlib.crc32(person_id.encode()):08x}"


def _merged(masks: Any, where: str) -> np.ndarray:
    masks = json_values.as_list(masks, where)
    if len(masks) != NUM_PARTS:
        raise InputError(f"{where}: expected {NUM_PARTS} masks, received {len(masks)}")
    labels = np.zeros((1, 1), np.uint8)
    for part, rle in enumerate(masks, start=1):
        if rle:
            mask = coco_rle.decode(rle, f"{where}[{part - 1}]")
            if labels.shape == (1, 1):
                labels = np.zeros(mask.shape, np.uint8)
            if mask.shape != labels.shape:
                raise InputError(
                    f"{where}[{part - 1}]: expected a mask of {labels.shape} like the others,"
                    f" received {mask.shape}"
                )
            labels[mask] = part
    return labels


def _placed(labels: np.ndarray, person: Person, path: Path) -> PartMap:
    if labels.max() > NUM_PARTS:
        raise InputError(f"{path}: expected labels 0 to {NUM_PARTS}, received {labels.max()}")
    height, width = labels.shape
    if (height, width) == person.image.size:
        return PartMap(labels, np.array([0.0, 0.0, width, height]))
    expected = "unknown"
    if person.image.size is not None:
        expected = f"{person.image.size[1]} x {person.image.size[0]} of the image"
    if person.box is not None:
        if (np.abs(person.box[2:] - (width, height)) < 1).all():
            return PartMap(labels, person.box)
        expected += f" or {person.box[2]:.0f} x {person.box[3]:.0f} of the box"
    raise InputError(f"{path}: expected {expected}, received {width} x {height} pixels")


def _cropped(part_map: PartMap) -> PartMap:
    """Cuts a map to what is labelled, so that resampling keeps it fine."""
    rows = np.flatnonzero(part_map.labels.any(axis=1))
    columns = np.flatnonzero(part_map.labels.any(axis=0))
    if not len(rows):
        return part_map
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    cell = part_map.box[2:] / part_map.labels.shape[::-1]
    corner = part_map.box[:2] + cell * (left, top)
    box = np.concatenate([corner, cell * (right - left, bottom - top)])
    return PartMap(part_map.labels[top:bottom, left:right], box)
