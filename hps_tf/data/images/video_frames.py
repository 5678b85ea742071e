"""Frames of videos: files that FFmpeg reads, and directories of numbered images.

A frame is upright: what a phone notes about how it was held counts. Its time is the file's own, so
that videos of a variable rate are right; numbered images are taken 25 times per second.
"""

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from hps_tf.data.images.photographs import Photograph
from hps_tf.data.keypoints.people import MAX_PIXELS
from hps_tf.errors import InputError

#: Images a second of a directory.
IMAGE_RATE = Fraction(25)

_MAX_RATE = 240
_SAME_ASPECT = 0.02  # Of sides whose ratios count as the same.
_EARLY_SHARE, _EARLY_SECONDS = 0.05, 0.3
"""How much earlier than stated a video may end; the last frames are often not counted alike."""


class Frame(NamedTuple):
    """A frame.

    Attributes:
      number: Its place in the video, from 0.
      time: Seconds, later than the frame before.
      pixels: `(H, W, 3)` uint8 RGB, of one size in a video.
    """

    number: int
    time: float
    pixels: np.ndarray


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Opens a video file.

    Args:
      path: The file.

    Yields:
      Its container and its first video stream. No frame is larger than `MAX_PIXELS`.

    Raises:
      InputError: If it is no video, or the frames are too large; also in place of FFmpeg's errors
        while it is open.
    """
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.video:
                raise InputError(f"{path}: expected a video, received none in the file")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise InputError(f"{path}: expected a video, received an unknown encoding")
            stream.thread_type = "AUTO"
            if stream.width * stream.height > MAX_PIXELS:
                raise InputError(
                    f"{path}: expected at most {MAX_PIXELS} pixels per frame, received"
                    f" {stream.width} x {stream.height}"
                )
            # A frame may be larger than the file states.
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            yield container, stream
    except (av.error.FFmpegError, MemoryError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: expected a video, received: {text}") from None


class VideoFile:
    """A video file.

        frames = list(VideoFile(Path("dance.mp4")))

    Args:
      path: The file.

    Attributes:
      path: The file.
      size: Height and width of the frames, upright.
      rate: Frames per second; of a variable rate, about.
      num_frames: As the file states or its duration implies; 0 if neither does.

    Raises:
      InputError: If it is no video, or the frames are too large.
    """

    def __init__(self, path: Path):
        self.path = path
        with opened(self.path) as (container, stream):
            first = next(container.decode(stream), None)
            if first is None:
                raise InputError(f"{path}: expected a video, received one without frames")
            self.size = _upright(first).shape[:2]
            rate = stream.guessed_rate or stream.average_rate or IMAGE_RATE
            self.rate = min(max(Fraction(rate), Fraction(1)), Fraction(_MAX_RATE))
            self._seconds = (container.duration or 0) / av.time_base
            self.num_frames = stream.frames or round(self._seconds * self.rate)

    def __iter__(self) -> Iterator[Frame]:
        """Decodes the frames in order.

        Yields:
          The frames. One whose size differs is brought to the first one's if the ratio of its sides
          is the same.

        Raises:
          InputError: After the last frame that can be read, if the file is damaged there, or ends
            earlier than it states, or changes its format.
        """
        number, before = 0, -np.inf
        with opened(self.path) as (container, stream):
            for picture in container.decode(stream):
                pixels = self._of_one_size(_upright(picture), number)
                time = picture.time
                if time is None or time <= before:
                    time = before + 1 / float(self.rate) if number else 0.0
                yield Frame(number, time, pixels)
                number, before = number + 1, time
        if before < (1 - _EARLY_SHARE) * self._seconds - _EARLY_SECONDS:
            raise InputError(
                f"{self.path}: expected {self._seconds:.1f} s as the file states, received {number}"
                f" frames up to {before:.1f} s"
            )

    def _of_one_size(self, pixels: np.ndarray, number: int) -> np.ndarray:
        height, width = self.size
        if pixels.shape[:2] == self.size:
            return pixels
        aspect = pixels.shape[1] / pixels.shape[0]
        if abs(aspect * height / width - 1) > _SAME_ASPECT:
            raise InputError(
                f"{self.path}: expected frames of {width} x {height} pixels, received"
                f" {pixels.shape[1]} x {pixels.shape[0]} from frame {number} on"
            )
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        return frame.reformat(width, height).to_ndarray()


class NumberedImages:
    """Images in order, as a video.

    Args:
      photographs: The images; those of another size than the first are refused.

    Attributes:
      size: Height and width of the frames.
      rate: Frames per second.
      num_frames: Their number.
    """

    def __init__(self, photographs: Sequence[Photograph]):
        self._photographs = photographs
        self.size = photographs[0].size
        self.rate = IMAGE_RATE
        self.num_frames = len(photographs)

    def __iter__(self) -> Iterator[Frame]:
        """Reads the images in order.

        Yields:
          The frames.

        Raises:
          InputError: If an image is damaged, or not of the first one's size.
        """
        height, width = self.size
        for number, photograph in enumerate(self._photographs):
            if photograph.size != self.size:
                raise InputError(
                    f"{photograph.path}: expected {width} x {height} pixels as of the first image,"
                    f" received {photograph.size[1]} x {photograph.size[0]}"
                )
            yield Frame(number, number / float(self.rate), photograph.read())


def _upright(picture: av.VideoFrame) -> np.ndarray:
    """Pixels of a frame, turned as its side data say, in degrees counter-clockwise."""
    pixels = picture.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(picture.rotation / 90)))
