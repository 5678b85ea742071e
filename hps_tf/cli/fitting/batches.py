"""People in the batches that are fitted, written and resumed at a time."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hps_tf.cli.fitting import moments
from hps_tf.data.keypoints.part_masks import PartMap
from hps_tf.data.keypoints.subjects import Subject
from hps_tf.errors import InputError
from hps_tf.fitting import Evidence

#: Four starts each fill the solver's 256 lanes.
PEOPLE_A_BATCH = 64

#: Height and width at which part maps are aligned.
MAP_SIZE = (128, 128)


class Batch(NamedTuple):
    """People who are fitted together; of a video, one person's frames.

    Attributes:
      subjects: Whom to fit, in the order of the result.
      person_ids: What the result calls them.
      moments: When each was seen, in frames; of images, places in the batch.
    """

    subjects: list[Subject]
    person_ids: list[str]
    moments: list[int]


def of_images(subjects: list[Subject]) -> list[Batch]:
    """Splits people into batches in their order."""
    return [
        Batch(part, [subject.person.person_id for subject in part], list(range(len(part))))
        for part in (
            subjects[begin : begin + PEOPLE_A_BATCH]
            for begin in range(0, len(subjects), PEOPLE_A_BATCH)
        )
    ]


def of_video(subjects: list[Subject]) -> list[Batch]:
    """Makes a batch of each person's frames, in time order.

    Raises:
      InputError: If nobody tells who is who in an image, or a person is in an image twice.
    """
    tracks = defaultdict(list)
    for subject in subjects:
        tracks[subject.person.track_id].append(subject)
    for track_id, members in tracks.items():
        frame, count = Counter(member.person.image.frame for member in members).most_common(1)[0]
        if count > 1 and track_id is None:
            raise InputError(
                f"--video: expected who is who in all images (track_id, person_id or person_ids),"
                f" received {count} people without it in image {frame}"
            )
        if count > 1:
            raise InputError(f"--video: expected person {track_id!r} once in image {frame}")
    taken = moments.of(subject.person.image for subject in subjects)
    batches = []
    for track_id, members in tracks.items():
        members.sort(key=lambda subject: subject.person.image.frame)
        name = "0" if track_id is None and "0" not in tracks else str(track_id)
        seen = [taken[member.person.image.frame] for member in members]
        batches.append(Batch(members, [name] * len(members), seen))
    return batches


def join(work: Sequence[Batch]) -> Batch:
    """Returns all batches as one."""
    return Batch(
        [subject for batch in work for subject in batch.subjects],
        [person_id for batch in work for person_id in batch.person_ids],
        [moment for batch in work for moment in batch.moments],
    )


def evidence(batch: Batch, keypoint_set: str, has_maps: bool) -> Evidence:
    """Returns what is seen of a batch.

    Args:
      batch: People with intrinsics.
      keypoint_set: The keypoints' set.
      has_maps: Whether to give part maps: anybody's, so that all batches are fitted alike.
    """
    people = [subject.person for subject in batch.subjects]
    confidence = np.stack([np.where(p.is_seen, p.confidence, 0.0) for p in people])
    keypoints = np.stack([person.keypoints for person in people])
    maps = [subject.part_map for subject in batch.subjects]
    nobody = PartMap(np.zeros(MAP_SIZE, np.uint8), np.array([0.0, 0.0, 1.0, 1.0]))
    shown = [nobody if part_map is None else part_map for part_map in maps]
    return Evidence(
        keypoints=np.where(confidence[..., None] > 0, keypoints, 0.0),
        confidence=confidence,
        intrinsics=np.array([person.intrinsics for person in people]),
        keypoint_set=keypoint_set,
        part_labels=np.stack([m.resampled(MAP_SIZE) for m in shown]) if has_maps else None,
        part_boxes=np.stack([m.box for m in shown]) if has_maps else None,
    )
