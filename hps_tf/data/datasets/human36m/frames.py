"""The frames of a view, from the official video or from images extracted from it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from hps_tf.data.datasets.human36m.recordings import Recording
from hps_tf.data.images import video_frames
from hps_tf.data.images.photographs import locate
from hps_tf.data.keypoints.people import ImageEntry
from hps_tf.errors import InputError


def read(
    recording: Recording, camera: str, frames: Sequence[int], images: Path | None, skip_bad: bool
) -> Iterator[tuple[int, Image.Image | None]]:
    """Reads frames of a view, in order.

    Args:
      recording: The recording.
      camera: The camera's name.
      frames: Their numbers, ascending, from 0.
      images: Directory of images ``S1_Directions_1.54138969_000001.jpg``, counted from 1, in it or
        in directories of the view or of subject and view; None to read the video.
      skip_bad: Whether to give frames that are missing or damaged as None.

    Yields:
      Each frame and its image. A video may end early: some are shorter than their joints.

    Raises:
      InputError: If an image or the video is missing or damaged, unless that may be.
    """
    if images is None:
        yield from _read_video(recording, camera, frames, skip_bad)
        return
    for frame in frames:
        image = None
        try:
            image = _read_image(recording, camera, frame, images)
        except InputError:
            if not skip_bad:
                raise
        yield frame, image


def check(recording: Recording, camera: str) -> None:
    """Checks that there is a video of a view.

    Raises:
      InputError: If there is none.
    """
    _video(recording, camera)


def _video(recording: Recording, camera: str) -> Path:
    path = recording.directory / "Videos" / f"{recording.name}.{camera}.mp4"
    if not path.is_file():
        raise InputError(f"{path}: expected a video, received none")
    return path


def _read_image(recording: Recording, camera: str, frame: int, images: Path) -> Image.Image:
    key = recording.key(camera)
    name = f"{key}_{frame + 1:06d}.jpg"
    places = (name, f"{key}/{name}", f"{recording.subject}/{key}/{name}")
    return Image.fromarray(locate(images, ImageEntry(places, frame)).read())


def _read_video(
    recording: Recording, camera: str, frames: Sequence[int], skip_bad: bool
) -> Iterator[tuple[int, Image.Image | None]]:
    left = list(frames)
    try:
        for number, image in _decode(_video(recording, camera), frames):
            left.remove(number)
            yield number, image
    except InputError:
        if not skip_bad:
            raise
        yield from ((number, None) for number in left)


def _decode(path: Path, frames: Sequence[int]) -> Iterator[tuple[int, Image.Image]]:
    wanted = set(frames)
    with video_frames.opened(path) as (container, stream):
        for number, picture in enumerate(container.decode(stream)):
            if number in wanted:
                yield number, Image.fromarray(picture.to_ndarray(format="rgb24"))
            if number >= frames[-1]:
                return
