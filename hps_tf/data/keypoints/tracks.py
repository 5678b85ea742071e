"""The people of a video: the frames of each, in order of time."""

from collections import Counter, defaultdict
from typing import NamedTuple

from hps_tf.data.keypoints import moments
from hps_tf.data.keypoints.subjects import Subject
from hps_tf.errors import InputError


class Track(NamedTuple):
    """A person of a video.

    Attributes:
      person_id: Who it is.
      subjects: The person in each image that it is seen in, in order of time.
      moments: When these were taken, in frames.
    """

    person_id: str
    subjects: list[Subject]
    moments: list[int]


def of(subjects: list[Subject]) -> list[Track]:
    """Collects the frames of each person.

    Args:
      subjects: The people of all images.

    Raises:
      InputError: If people of an image have no identities, or a person is in an image twice.
    """
    tracks = defaultdict(list)
    for subject in subjects:
        tracks[subject.person.track_id].append(subject)
    for track_id, members in tracks.items():
        frame, count = Counter(member.person.image.frame for member in members).most_common(1)[0]
        if count > 1 and track_id is None:
            raise InputError(
                "video: expected who is who in all images (track_id, person_id or person_ids),"
                f" received {count} people without it in image {frame}"
            )
        if count > 1:
            raise InputError(f"video: expected person {track_id!r} once in image {frame}")
    taken = moments.of(subject.person.image for subject in subjects)
    found = []
    for track_id, members in tracks.items():
        members.sort(key=lambda subject: subject.person.image.frame)
        name = "0" if track_id is None and "0" not in tracks else str(track_id)
        seen = [taken[member.person.image.frame] for member in members]
        found.append(Track(name, members, seen))
    return found
