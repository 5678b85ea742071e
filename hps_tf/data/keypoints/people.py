"""People seen in images: the result of every reader of keypoint files.

Convention: pixels of the full frame (x right, y down, pixel centres at integers); boxes are left,
top, width, height; sizes are height, width.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

#: Pixels of an image; a file that claims more would fill the memory.
MAX_PIXELS = 1 << 26

#: Where and how a body stands are 6 numbers, three keypoints' worth; the fourth is a check on them.
MIN_KEYPOINTS = 4

_MIN_CONFIDENCE, _MAX_CONFIDENCE = 1e-6, 1e6
_MIN_EXTENT = 2.0  # Pixels; less is a dot, or not in pixels.
_MAX_COORDINATE = 1e5  # Pixels.

#: Suffixes of photographs, the likeliest first.
IMAGE_SUFFIXES = (".jpg", ".png", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")

_SURE = 0.5  # Confidence with which a keypoint is no guess.

_BEYOND_KEYPOINTS = 0.1  # How far a body reaches beyond its keypoints, of their extent.


class ImageEntry(NamedTuple):
    """An image as a keypoint file names it.

        ImageEntry(names=("000001.jpg",), frame=0, size=(480, 640))

    Attributes:
      names: File names that it may have, the likeliest first.
      frame: Its place among the images.
      size: Height and width, where the file states them.
    """

    names: tuple[str, ...]
    frame: int
    size: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """A person in an image.

    Attributes:
      person_id: Unlike all others of the file.
      image: Where the person is seen.
      keypoints: `(K, 2)` pixels; anything where one is missing.
      confidence: `(K,)` weights; below 1e-6 a keypoint is missing. What is negative or not a number
        becomes 0, for networks give such values to what they don't see; and so do keypoints that
        are not numbers.
      box: `(4,)` around the person, where the file states it.
      track_id: Who it is, the same in all images of a video, where the file states it.
      intrinsics: `(3, 3)` of the image's camera, where the file states it.
      is_relative: Whether keypoints and box are fractions of the image's width and height.
    """

    person_id: str
    image: ImageEntry
    keypoints: np.ndarray
    confidence: np.ndarray
    box: np.ndarray | None = None
    track_id: str | None = None
    intrinsics: np.ndarray | None = None
    is_relative: bool = False

    def __post_init__(self):
        is_given = (self.confidence > 0) & np.isfinite(self.keypoints).all(axis=1)
        object.__setattr__(self, "confidence", np.where(is_given, self.confidence, 0.0))

    @property
    def is_seen(self) -> np.ndarray:
        """`(K,)` bool, which keypoints are not missing."""
        return self.confidence >= _MIN_CONFIDENCE


class Skipped(NamedTuple):
    """A person who is left out, and why."""

    person_id: str
    reason: str


class People(NamedTuple):
    """The content of a keypoint file.

    Attributes:
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      people: Those of whom the file has keypoints.
      skipped: The others.
      num_images: Images the file lists, with people or without.
      damaged: The faults of entries that a reader with `skip_bad` left out.
    """

    keypoint_set: str
    people: list[Person]
    skipped: list[Skipped]
    num_images: int
    damaged: Sequence[str] = ()


def image_names(stem: str) -> tuple[str, ...]:
    """Returns the file names that an image may have of which only the stem is known."""
    return tuple(stem + suffix for suffix in IMAGE_SUFFIXES)


def flaw(person: Person) -> str | None:
    """Says why a body cannot be fitted to a person.

    Args:
      person: The person; sizes and boxes that are not known are not judged, nor is where the
        keypoints lie as long as they are fractions of the image.

    Returns:
      The reason, or None if nothing is wrong.
    """
    if person.confidence.max() > _MAX_CONFIDENCE:
        return f"a keypoint's confidence is more than {_MAX_CONFIDENCE:g}"
    seen = person.is_seen
    if not seen.any():
        return "no keypoint is visible"
    points = person.keypoints[seen]
    if np.abs(points).max() > _MAX_COORDINATE:
        return f"a visible keypoint lies at {np.abs(points).max():.3g} pixels"
    if seen.sum() < MIN_KEYPOINTS:
        return f"expected at least {MIN_KEYPOINTS} visible keypoints, received {seen.sum()}"
    if person.is_relative:
        return None
    extent = np.ptp(points, axis=0).max()
    if extent < _MIN_EXTENT:
        return f"the visible keypoints span {extent:.2g} pixels"
    return _flaw_of_box(person.box, person.image.size) or _flaw_of_place(points, person.image.size)


def without_guesses(person: Person) -> Person:
    """Drops keypoints that a detector is unsure of and that lie far outside of the image.

    MediaPipe and others place the parts of people that the image cuts off, however far away.

    Args:
      person: The person; nothing is dropped where the image's size is not known.
    """
    if person.image.size is None:
        return person
    height, width = person.image.size
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(-person.keypoints, person.keypoints - [width, height]).max(axis=1)
        is_guess = (beyond > max(height, width)) & (person.confidence < _SURE)
    return dataclasses.replace(person, confidence=np.where(is_guess, 0.0, person.confidence))


def has_area(box: np.ndarray) -> bool:
    """Whether a box `(4,)` is finite and not empty."""
    return bool(np.isfinite(box).all() and (box[2:] > 0).all())


def box_around(person: Person) -> np.ndarray:
    """Returns the box `(4,)` of a person by its visible keypoints, of which there must be one."""
    points = person.keypoints[person.is_seen]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _BEYOND_KEYPOINTS * (high - low).max()
    return np.concatenate([low - margin, high - low + 2 * margin])


def _flaw_of_box(box: np.ndarray | None, size: tuple[int, int] | None) -> str | None:
    if box is None:
        return None
    shown = "[" + ", ".join(f"{value:g}" for value in box) + "]"
    if not has_area(box):
        return f"the box {shown} has no area"
    if size is not None:
        height, width = size
        overlaps = (box[:2] < (width, height)).all() and (box[:2] + box[2:] > 0).all()
        if not overlaps:
            return f"the box {shown} lies outside the image of {width} x {height} pixels"
    return None


def _flaw_of_place(points: np.ndarray, size: tuple[int, int] | None) -> str | None:
    if size is None:
        return None
    height, width = size
    inside = ((points >= -0.5) & (points < np.array([width, height]) - 0.5)).all(axis=1)
    if not inside.any():
        return f"no visible keypoint lies in the image of {width} x {height} pixels"
    beyond = np.maximum(-points, points - [width, height]).max()
    if beyond > max(height, width):
        return f"a visible keypoint lies {beyond:.0f} pixels outside the image"
    return None
