"""The list of people that a reader fills from a file, without the entries that are damaged."""

import contextlib
from collections.abc import Iterator

import numpy as np

from hps_tf.data.keypoints import people
from hps_tf.data.keypoints.detection import Detection, are_fractions
from hps_tf.data.keypoints.people import MAX_PIXELS, ImageEntry, People, Person, Skipped
from hps_tf.errors import InputError

_MAX_SIDE = 1 << 16


class Roster:
    """The people of a file of detections.

    Args:
      first_frame: Index of the file's first image.
    """

    def __init__(self, first_frame: int = 0):
        self._first_frame = first_frame
        self._images: dict[str, ImageEntry] = {}
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()
        self._found: list[tuple[str, ImageEntry, Detection]] = []
        self._skipped: list[Skipped] = []

    def image(self, names: tuple[str, ...], size: tuple[int, int] | None = None) -> ImageEntry:
        """Adds an image, or returns the one of that name.

        Args:
          names: File names that it may have, the likeliest first.
          size: Height and width, where the file states them.
        """
        if names[0] not in self._images:
            frame = self._first_frame + len(self._images)
            self._images[names[0]] = ImageEntry(names, frame, size)
        return self._images[names[0]]

    def name(self, image: ImageEntry, stem: str) -> str:
        """Returns the identifier of the next person of an image.

        Args:
          image: The image.
          stem: Its stem; where another image's people are named after it, the whole name counts.
        """
        place = self._counts.setdefault(image.names[0], 0)
        self._counts[image.names[0]] += 1
        person_id = f"{stem}_{place}"
        if person_id in self._taken:
            person_id = f"{image.names[0]}_{place}"
        self._taken.add(person_id)
        return person_id

    def add(self, person_id: str, image: ImageEntry, detection: Detection) -> None:
        """Adds a person."""
        self._found.append((person_id, image, detection))

    def skip(self, person_id: str, reason: str) -> None:
        """Leaves a person out."""
        self._skipped.append(Skipped(person_id, reason))

    @contextlib.contextmanager
    def tolerance(self, person_id: str) -> Iterator[None]:
        """Leaves a person out whose entry is damaged, with the reason."""
        try:
            yield
        except InputError as error:
            self.skip(person_id, str(error))

    def people(self) -> People:
        """Returns everybody; coordinates are fractions of the image if all of the file are."""
        is_relative = bool(self._found) and are_fractions(
            np.stack([detection.keypoints for _, _, detection in self._found])
        )
        everybody = [
            Person(
                person_id,
                image,
                detection.keypoints,
                np.minimum(detection.confidence, 1.0),
                detection.box,
                detection.track_id,
                is_relative=is_relative,
            )
            for person_id, image, detection in self._found
        ]
        return People("coco17", everybody, self._skipped, len(self._images))


def stem_names(stem: str) -> tuple[str, ...]:
    """Returns the names of an image that is known by its number or its stem alone."""
    return (stem, *people.image_names(stem))


def size_of(height: object, width: object) -> tuple[int, int] | None:
    """Returns an image's height and width if both are whole numbers of pixels, else None."""
    sides = []
    for side in (height, width):
        if isinstance(side, bool) or not isinstance(side, int | float):
            return None
        if not 1 <= side <= _MAX_SIDE or side != int(side):
            return None
        sides.append(int(side))
    return (sides[0], sides[1]) if sides[0] * sides[1] <= MAX_PIXELS else None
