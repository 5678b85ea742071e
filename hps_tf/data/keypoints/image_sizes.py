"""The sizes of images: of the photograph, as the keypoint file states, as given, or by default.

Where nothing states an image's size, it is taken to end as far beyond its people's lowest and
rightmost points as the highest and leftmost lie within it; of a video, all images together. Where a
video's photographs are of one size, its missing ones are too.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from hps_tf.data.images.photographs import Photograph
from hps_tf.data.keypoints.people import Person, Skipped

_MAX_SIDE = 8192


def with_known_sizes(
    people: Iterable[Person],
    photographs: Mapping[int, Photograph],
    is_video: bool,
    given: tuple[int, int] | None = None,
) -> list[Person]:
    """Gives images the size of their photograph, of the keypoint file, or the given one.

    Args:
      people: The people.
      photographs: Those found, by image.
      is_video: Whether all images are of one camera.
      given: Height and width of images whose size neither a photograph nor the file states.
    """
    sizes = {photograph.size for photograph in photographs.values()}
    if is_video and len(sizes) == 1 and given is None:
        (given,) = sizes

    def size(person: Person) -> tuple[int, int] | None:
        if person.image.frame in photographs:
            return photographs[person.image.frame].size
        return person.image.size or given

    return [
        dataclasses.replace(person, image=person.image._replace(size=size(person)))
        for person in people
    ]


def in_pixels(people: Iterable[Person]) -> tuple[list[Person], list[Skipped]]:
    """Scales keypoints and boxes that are fractions of the image to pixels.

    Returns:
      The people, and those whose image's size is not known.
    """
    scaled, left_out = [], []
    for person in people:
        if not person.is_relative:
            scaled.append(person)
        elif person.image.size is None:
            reason = (
                f"expected the size of the image {person.image.names[0]!r}, of which the keypoints"
                " are fractions, received neither its photograph (image_dir) nor image_size"
            )
            left_out.append(Skipped(person.person_id, reason))
        else:
            scaled.append(_scaled(person, person.image.size))
    return scaled, left_out


def with_default_sizes(people: list[Person], is_video: bool) -> list[Person]:
    """Gives the images that have none a size around their people.

    Args:
      people: People whose visible keypoints are finite.
      is_video: Whether all images are of one camera.
    """
    without = defaultdict(list)
    for person in people:
        if person.image.size is None:
            without[0 if is_video else person.image.frame].append(person)
    default = {group: _size_around(members) for group, members in without.items()}

    def size(person: Person) -> tuple[int, int]:
        return person.image.size or default[0 if is_video else person.image.frame]

    return [
        dataclasses.replace(person, image=person.image._replace(size=size(person)))
        for person in people
    ]


def _scaled(person: Person, size: tuple[int, int]) -> Person:
    height, width = size
    scale = np.array([width, height], np.float64)
    with np.errstate(over="ignore"):  # What was not found may be anything.
        keypoints = person.keypoints * scale
        box = None if person.box is None else person.box * np.tile(scale, 2)
    return dataclasses.replace(person, keypoints=keypoints, box=box, is_relative=False)


def _size_around(people: list[Person]) -> tuple[int, int]:
    points = np.concatenate([person.keypoints[person.is_seen] for person in people])
    low, high = np.maximum(points.min(axis=0), 0), points.max(axis=0)
    width, height = np.clip(np.ceil(low + high) + 1, 2, _MAX_SIDE).astype(int).tolist()
    return height, width
