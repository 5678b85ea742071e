"""Image examples of Human3.6M: the frames of a view, labelled by fitted bodies."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.data.datasets.human36m import frames
from hps_tf.data.datasets.human36m.recordings import Recording
from hps_tf.data.datasets.preparation import Drops, Outcome
from hps_tf.data.images import posed_examples
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.images.lens import Lens
from hps_tf.data.images.posed_examples import BAD_IMAGE, OUT_OF_SIGHT, Frame

SHORT_VIDEO = "after the end of the video"


class View(NamedTuple):
    """F frames of a recording, seen by one camera.

    Attributes:
      recording: The recording.
      camera: The camera's name.
      lens: Its lens.
      frames: `(F,)` numbers of the frames, ascending, from 0.
      pose: `(F, 24, 3)` in the camera frame.
      shape: `(S,)`.
      translation: `(F, 3)` in the camera frame.
      markers: `(F, 17, 3)` in the camera frame.
    """

    recording: Recording
    camera: str
    lens: Lens
    frames: np.ndarray
    pose: np.ndarray
    shape: np.ndarray
    translation: np.ndarray
    markers: np.ndarray


@dataclasses.dataclass(frozen=True)
class ExampleMaker:
    """Makes the examples of views.

    Attributes:
      images: Directory of extracted images, or None to read the videos.
      image_size: Side of the crops.
      skip_bad: Whether to count unreadable frames instead of failing.
    """

    images: Path | None
    image_size: int
    skip_bad: bool

    def __call__(self, view: View) -> Outcome:
        """Makes examples.

        Raises:
          InputError: If a frame cannot be read, and none may be skipped.
        """
        numbers = view.frames.tolist()
        body = posed_examples.body_model(None, 0)
        examples: list[ImageExample] = []
        drops, num_read = Drops(), 0
        found = frames.read(view.recording, view.camera, numbers, self.images, self.skip_bad)
        for number, image in found:
            num_read += 1
            if image is None:
                drops.add(BAD_IMAGE)
                continue
            frame = _frame(view, numbers.index(number))
            example = posed_examples.make(image, view.lens, body, frame, self.image_size)
            if example is None:
                drops.add(OUT_OF_SIGHT)
            else:
                examples.append(example)
        drops.add(SHORT_VIDEO, count=len(numbers) - num_read)
        return Outcome(examples, drops)


def _frame(view: View, row: int) -> Frame:
    sequence = view.recording.key(view.camera)
    number = int(view.frames[row])
    return Frame(
        name=f"{sequence}_{number + 1:06d}",
        subject=view.recording.subject,
        action=view.recording.action,
        sequence=sequence,
        number=number,
        pose=view.pose[row],
        shape=view.shape,
        translation=view.translation[row],
        markers=view.markers[row],
    )
