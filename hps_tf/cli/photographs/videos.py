"""Videos: people followed over the frames, bodies made, a video drawn."""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.cli import progress
from hps_tf.cli.photographs import pictures
from hps_tf.cli.photographs.settings import Settings
from hps_tf.data.images import photographs
from hps_tf.data.images.video_frames import Frame, NumberedImages, VideoFile
from hps_tf.errors import InputError
from hps_tf.reconstruction import VideoReconstruction, VideoReconstructor
from hps_tf.visualization import video_file

MAX_SAMPLES = 12
"""Frames, evenly spread, of which there are also pictures and meshes."""


class Source(NamedTuple):
    """A video of the user's.

    Attributes:
      name: Its name in messages.
      stem: The stem of its output files.
      frames: Its frames, to be read more than once.
    """

    name: str
    stem: str
    frames: VideoFile | NumberedImages


def open_video(video: Path | Sequence[Path], stem: str) -> Source:
    """Opens a video file, or images as one.

    Args:
      video: The file, or the images.
      stem: The stem of its output files.

    Raises:
      InputError: If it cannot be read.
    """
    if isinstance(video, Path):
        return Source(str(video), stem, VideoFile(video))
    images = [photographs.at(path) for path in video]
    return Source(str(video[0].parent), stem, NumberedImages(images))


def reconstruct(
    source: Source, reconstructor: VideoReconstructor, settings: Settings
) -> VideoReconstruction:
    """Reconstructs the people of a video, and shows the progress."""
    frames = source.frames
    with contextlib.ExitStack() as bars:
        bar = bars.enter_context(progress.bar(frames.num_frames or None, "frame", "finding people"))
        fits = functools.cache(lambda total: bars.enter_context(progress.bar(total, "fit", "fit")))

        def seen(count: int) -> None:
            bar.update(count - bar.n)

        def fitted(ended: int, total: int) -> None:
            fits(total).update(ended - fits(total).n)

        return reconstructor(
            frames,
            refine=settings.is_refined,
            max_people=settings.max_people,
            focal_length=settings.focal_length,
            seen=seen,
            fitted=fitted,
        )


def draw(source: Source, found: VideoReconstruction, directory: Path) -> None:
    """Writes ``overlay.mp4``, and pictures and meshes of some frames.

    Args:
      source: The video.
      found: Its people.
      directory: Where to write.
    """
    written = pictures.Pictures(directory)
    count = len(found.times)
    samples = set(np.linspace(0, count - 1, min(count, MAX_SAMPLES)).round().astype(int).tolist())
    size = pictures.drawn_size(source.frames.size)
    with (
        progress.bar(count, "frame", "drawing") as bar,
        video_file.writing(directory / "overlay.mp4", size, source.frames.rate) as put,
    ):
        for frame in _until(source.frames, count):
            people = found.people.of_image(frame.number)
            put(pictures.over(frame.pixels, people, people.vertices()), frame.time)
            if frame.number in samples:
                written.write(frame_stem(source.stem, frame.number), frame.pixels, people)
            bar.update()


def frame_stem(stem: str, frame: int) -> str:
    """Names a frame's files."""
    return f"{stem}_{frame:06d}"


def _until(frames: VideoFile | NumberedImages, count: int) -> Iterator[Frame]:
    """Reads the first frames again; later ones may be damaged."""
    with contextlib.suppress(InputError):
        for frame in frames:
            if frame.number >= count:
                return
            yield frame
