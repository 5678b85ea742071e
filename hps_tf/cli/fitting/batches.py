"""People in the batches that are fitted, written and resumed at a time."""

from collections.abc import Sequence
from typing import NamedTuple

from hps_tf.data.keypoints import tracks
from hps_tf.data.keypoints.subjects import Subject

#: Four starts each fill the solver's 256 lanes.
PEOPLE_A_BATCH = 64


class Batch(NamedTuple):
    """People who are fitted together; of a video, one person's frames.

    Attributes:
      subjects: Whom to fit, in the order of the result.
      person_ids: Their names in the result.
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
      InputError: If people of an image have no identities, or a person is in an image twice.
    """
    return [
        Batch(track.subjects, [track.person_id] * len(track.subjects), track.moments)
        for track in tracks.of(subjects)
    ]


def join(work: Sequence[Batch]) -> Batch:
    """Returns all batches as one."""
    return Batch(
        [subject for batch in work for subject in batch.subjects],
        [person_id for batch in work for person_id in batch.person_ids],
        [moment for batch in work for moment in batch.moments],
    )
