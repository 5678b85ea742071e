"""Image examples of 3DPW: the frames of a person, labelled by a body in the camera frame."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from hps_tf.data.datasets.preparation import Drops, Outcome
from hps_tf.data.images import posed_examples
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.images.lens import Lens
from hps_tf.data.images.photographs import locate
from hps_tf.data.images.posed_examples import BAD_IMAGE, OUT_OF_SIGHT, Frame
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError


class Track(NamedTuple):
    """F frames of one person in a sequence.

    Attributes:
      sequence: The sequence's name.
      person: Which of its people, from 0.
      lens: The camera's lens.
      body_path: The body's model file; None for the embedded body.
      frames: `(F,)` numbers of the frames, from 0.
      pose: `(F, 24, 3)` in the camera frame.
      shape: `(S,)`.
      translation: `(F, 3)` in the camera frame.
      keypoints: `(F, 17, 3)` detected COCO keypoints.
    """

    sequence: str
    person: int
    lens: Lens
    body_path: str | None
    frames: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    keypoints: np.ndarray


@dataclasses.dataclass(frozen=True)
class ExampleMaker:
    """Makes the examples of tracks.

    Attributes:
      images: Directory ``imageFiles``.
      image_size: Side of the crops.
      skip_bad: Whether to count unreadable images instead of failing.
    """

    images: Path
    image_size: int
    skip_bad: bool

    def __call__(self, track: Track) -> Outcome:
        """Makes examples.

        Raises:
          InputError: If an image cannot be read, and none may be skipped.
        """
        body = posed_examples.body_model(track.body_path, len(track.shape))
        examples: list[ImageExample] = []
        drops = Drops()
        for row, number in enumerate(track.frames.tolist()):
            name = f"image_{number:05d}.jpg"
            try:
                photograph = locate(
                    self.images / track.sequence, ImageEntry((name,), number)
                ).read()
            except InputError:
                if not self.skip_bad:
                    raise
                drops.add(BAD_IMAGE)
                continue
            image = Image.fromarray(photograph)
            frame = _frame(track, row)
            example = posed_examples.make(image, track.lens, body, frame, self.image_size)
            if example is None:
                drops.add(OUT_OF_SIGHT)
            else:
                examples.append(example)
        return Outcome(examples, drops)


def _frame(track: Track, row: int) -> Frame:
    sequence = f"{track.sequence}_{track.person}"
    number = int(track.frames[row])
    return Frame(
        name=f"{sequence}_{number:05d}",
        subject=sequence,
        action="",
        sequence=sequence,
        number=number,
        pose=track.pose[row],
        shape=track.shape,
        translation=track.translation[row],
        keypoints=track.keypoints[row],
    )
