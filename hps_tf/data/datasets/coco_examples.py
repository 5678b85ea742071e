"""Image examples from the photographs of COCO: keypoints, and parts where DensePose masked them.

Boxes are COCO's: measured from the corner of the first pixel, so they are boxes as
`hps_tf.geometry.camera` has them. DensePose's masks cover theirs. COCO does not state its cameras:
`default_camera` assumes one.
"""

import dataclasses
from pathlib import Path

import numpy as np

from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.coco_images import CocoPhotograph
from hps_tf.data.datasets.preparation import Drops, Outcome
from hps_tf.data.images import default_camera, person_crop, photographs
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.keypoints import people
from hps_tf.data.keypoints.part_masks import DensePoseMasks, PartMap
from hps_tf.data.keypoints.people import Person
from hps_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class ExampleMaker:
    """Turns photographs into examples; may be sent to other processes.

    Attributes:
      directory: Where the photographs are.
      image_size: S of the examples.
      parts_only: Whether people of whom no part is labelled are left out.
      skip_bad: Whether what is missing or damaged is left out.
    """

    directory: Path
    image_size: int
    parts_only: bool = False
    skip_bad: bool = False

    def __call__(self, photograph: CocoPhotograph) -> Outcome:
        """Makes the examples of a photograph.

        Raises:
          InputError: If the photograph is missing or damaged, or an annotation is.
        """
        outcome = Outcome([], Drops())
        try:
            located = photographs.locate(self.directory, photograph.entry)
            pixels = located.read()
        except InputError as error:
            self._raise_or_drop(error, coco_images.NO_PHOTOGRAPH, len(photograph.people), outcome)
            return outcome
        for person in photograph.people:
            image = person.image._replace(size=located.size)
            try:
                example = self._example(
                    photograph, dataclasses.replace(person, image=image), pixels
                )
            except _DamagedPartsError as error:
                self._raise_or_drop(error, coco_images.DAMAGED_PARTS, 1, outcome)
            except InputError as error:
                self._raise_or_drop(error, coco_images.DAMAGED, 1, outcome)
            else:
                if example.part_labels is None and self.parts_only:
                    outcome.drops.add(coco_images.NO_PARTS)
                else:
                    outcome.examples.append(example)
        return outcome

    def _raise_or_drop(self, error: InputError, reason: str, count: int, outcome: Outcome) -> None:
        if not self.skip_bad:
            raise InputError(str(error)) from None
        outcome.drops.add(reason, str(error), count)

    def _example(
        self, photograph: CocoPhotograph, person: Person, pixels: np.ndarray
    ) -> ImageExample:
        where = f"annotation {person.person_id} of {photograph.entry.names[0]}"
        box = _box_inside(person, where)
        part_map = _part_map(photograph.masks, person)
        crop = person_crop.crop_person(
            pixels,
            box,
            default_camera.intrinsics(pixels.shape[:2]),
            self.image_size,
            keypoints=np.where(person.is_seen[:, np.newaxis], person.keypoints, 0.0),
            part_map=part_map,
        )
        if crop.part_labels is not None and not crop.part_labels.any():
            raise _DamagedPartsError(
                f"{where}: expected part masks around the person, received some elsewhere"
            )
        return ImageExample(
            name=f"{photograph.image_id}_{person.person_id}",
            image=crop.image,
            intrinsics=crop.intrinsics,
            keypoints_2d=crop.keypoints,
            keypoint_weights=np.where(person.is_seen, person.confidence, 0.0),
            part_labels=crop.part_labels,
        )


class _DamagedPartsError(InputError):
    """Part masks that cannot be used."""


def _box_inside(person: Person, where: str) -> np.ndarray:
    """The part of a person's box that lies in the photograph."""
    flaw = people.flaw(person)
    if flaw is not None:
        raise InputError(f"{where}: {flaw}")
    assert person.box is not None
    assert person.image.size is not None
    low = np.maximum(person.box[:2], 0)
    high = np.minimum(person.box[:2] + person.box[2:], person.image.size[::-1])
    if (high - low).prod() < 0.5 * person.box[2:].prod():
        height, width = person.image.size
        raise InputError(
            f"{where}, bbox: expected one in the photograph of {width} x {height} pixels, received"
            f" {person.box.tolist()}"
        )
    return np.concatenate([low, high - low])


def _part_map(masks: DensePoseMasks | None, person: Person) -> PartMap | None:
    """A person's map, None where no part is labelled."""
    if masks is None:
        return None
    try:
        part_map = masks.of(person, is_alone=False)
        if part_map is None or not part_map.labels.any():
            return None
        where = f"the part masks of annotation {person.person_id}, bbox"
        coco_images.check_box(part_map.box, 1, where)
    except InputError as error:
        raise _DamagedPartsError(str(error)) from None
    return part_map
