"""From files to people ready to fit, and to those who are left out with a reason."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hps_tf.data.images import photographs
from hps_tf.data.images.photographs import Photograph
from hps_tf.data.keypoints import cameras, image_sizes, keypoint_sources
from hps_tf.data.keypoints.part_masks import DensePoseMasks, LabelImages, PartMap
from hps_tf.data.keypoints.people import Person, Skipped, flaw, has_area, without_guesses
from hps_tf.errors import InputError
from hps_tf.io import json_values


class Subject(NamedTuple):
    """A person to fit, with size and intrinsics, and the map of its parts where there is one.

        subject = Subject(person, part_map=None)

    Attributes:
      person: The person.
      part_map: Labels of body parts; None where there are none.
    """

    person: Person
    part_map: PartMap | None


class Gathered(NamedTuple):
    """The content of the files.

    Attributes:
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      subjects: Whom to fit.
      skipped: The others.
      photographs: By image; none without a directory of them.
      not_found: The faults of the other photographs, if there is a directory.
    """

    keypoint_set: str
    subjects: list[Subject]
    skipped: list[Skipped]
    photographs: dict[int, Photograph]
    not_found: list[str]


def gather(
    keypoints: Sequence[Path],
    *,
    parts: Path | None = None,
    image_dir: Path | None = None,
    intrinsics: Path | None = None,
    image_size: tuple[int, int] | None = None,
    keypoint_set: str | None = None,
    is_video: bool = False,
    only: str | None = None,
) -> Gathered:
    """Reads all files.

        found = hps_tf.data.keypoints.gather([Path("people.json")])

    Args:
      keypoints: Keypoint files, see `keypoint_sources`.
      parts: A directory of label images, or a JSON file of DensePose.
      image_dir: Where the photographs are.
      intrinsics: A file of camera matrices, see `cameras`.
      image_size: Height and width of images of which neither a photograph nor the keypoint file
        tells the size.
      keypoint_set: ``"body_25"`` or ``"body_25b"``, the layout of OpenPose's 25 keypoints; by
        default by where they lie.
      is_video: Whether all images are of one camera.
      only: A key of `keypoint_sources.FORMATS` that all keypoint files must have.

    Raises:
      InputError: If a file is wrong, all photographs are missing, or nobody can be fitted.
    """
    found = keypoint_sources.read(keypoints, keypoint_set=keypoint_set, only=only)
    people, skipped = _without_flaws(map(_with_sound_box, found.people), found.skipped)
    images, not_found = _photographs(people, image_dir)
    people = image_sizes.with_known_sizes(people, images, is_video, image_size)
    people, without_size = image_sizes.in_pixels(people)
    people = [_with_sound_box(without_guesses(person)) for person in people]
    people, skipped = _without_flaws(people, [*skipped, *without_size])
    people = image_sizes.with_default_sizes(people, is_video)
    people, skipped = _without_flaws(people, skipped)
    given = None if intrinsics is None else cameras.Intrinsics(intrinsics)
    people = cameras.with_intrinsics(people, given)
    subjects, skipped = _with_parts(people, found.people, skipped, parts)
    if not subjects:
        first = f"; {skipped[0].person_id}: {skipped[0].reason}" if skipped else ""
        raise InputError(
            f"{keypoints[0]}: expected at least one person to fit, received none of"
            f" {len(skipped)}{first}"
        )
    if image_dir is not None:
        subjects = [_named_as_found(subject, images, image_dir) for subject in subjects]
    return Gathered(found.keypoint_set, subjects, skipped, images, not_found)


def _without_flaws(
    people: Iterable[Person], skipped: Sequence[Skipped]
) -> tuple[list[Person], list[Skipped]]:
    kept, left_out = [], list(skipped)
    for person in people:
        reason = flaw(person)
        if reason is None:
            kept.append(person)
        else:
            left_out.append(Skipped(person.person_id, reason))
    return kept, left_out


def _with_sound_box(person: Person) -> Person:
    """Takes a box without area away: keypoints need none."""
    if person.box is None or has_area(person.box):
        return person
    return dataclasses.replace(person, box=None)


def _photographs(
    people: Iterable[Person], directory: Path | None
) -> tuple[dict[int, Photograph], list[str]]:
    """Finds photographs, and says what is wrong with those that cannot be used."""
    if directory is None:
        return {}, []
    if not directory.is_dir():
        raise InputError(f"{directory}: expected a directory of photographs")
    found: dict[int, Photograph] = {}
    not_found: list[str] = []
    for frame, entry in {person.image.frame: person.image for person in people}.items():
        try:
            photograph = photographs.locate(directory, entry)
        except InputError as error:
            not_found.append(str(error))
        else:
            found[frame] = photograph
    if not_found and not found:
        raise InputError(not_found[0])
    return found, not_found


def _named_as_found(subject: Subject, images: Mapping[int, Photograph], directory: Path) -> Subject:
    """Names somebody's image as its photograph is called, where there is one, before all else."""
    image = subject.person.image
    if image.frame not in images:
        return subject
    name = images[image.frame].path.relative_to(directory).as_posix()
    names = (name, *(other for other in image.names if other != name))
    person = dataclasses.replace(subject.person, image=image._replace(names=names))
    return subject._replace(person=person)


def _with_parts(
    people: Sequence[Person],
    everybody: Sequence[Person],
    skipped: Sequence[Skipped],
    parts: Path | None,
) -> tuple[list[Subject], list[Skipped]]:
    if parts is None:
        return [Subject(person, None) for person in people], list(skipped)
    source: LabelImages | DensePoseMasks
    if parts.is_dir():
        source = LabelImages(parts)
    else:
        content = json_values.parse(parts.read_bytes(), str(parts))
        source = DensePoseMasks(content, str(parts))
    crowd = Counter(person.image.frame for person in everybody)
    subjects: list[Subject] = []
    left_out = list(skipped)
    for person in people:
        try:
            part_map: PartMap | None = source.of(person, crowd[person.image.frame] == 1)
        except InputError as error:
            left_out.append(Skipped(person.person_id, str(error)))
        else:
            subjects.append(Subject(person, part_map))
    if subjects and not any(subject.part_map for subject in subjects):
        raise InputError(
            f"{parts}: expected maps of the people with keypoints, such as of"
            f" {subjects[0].person.person_id!r}, received none"
        )
    return subjects, left_out
