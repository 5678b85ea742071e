"""Pictures as a video file: H.264 where FFmpeg has it, else MPEG-4."""

import contextlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import cast

import av
import numpy as np

from hps_tf.io import atomic_file

_TIME_UNIT = Fraction(1, 1000)  # Seconds.
_CODECS = (("libx264", {"crf": "20", "preset": "veryfast"}), ("mpeg4", {"qscale": "4"}))


@contextlib.contextmanager
def writing(
    path: str | os.PathLike[str], size: tuple[int, int], rate: Fraction
) -> Iterator[Callable[[np.ndarray, float], None]]:
    """Writes a video; the file appears whole or not at all.

    Args:
      path: The file, ``.mp4``; its directory must exist.
      size: Height and width of the pictures; odd ones are extended by a black pixel.
      rate: Pictures per second, about.

    Yields:
      What takes the next picture, `(H, W, 3)` uint8 RGB, and its time in seconds.
    """
    height, width = (side + side % 2 for side in size)
    codec, options = next(pair for pair in _CODECS if pair[0] in av.codecs_available)
    with atomic_file.replacing(path) as temporary, av.open(str(temporary), "w") as container:
        stream = cast(av.VideoStream, container.add_stream(codec, rate=rate, options=options))
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.codec_context.time_base = _TIME_UNIT
        before = -1

        def put(picture: np.ndarray, time: float) -> None:
            nonlocal before
            padded = np.zeros((height, width, 3), np.uint8)
            padded[: size[0], : size[1]] = picture
            frame = av.VideoFrame.from_ndarray(padded, format="rgb24")
            before = max(before + 1, round(time / _TIME_UNIT))
            frame.pts, frame.time_base = before, _TIME_UNIT
            container.mux(stream.encode(frame))

        yield put
        container.mux(stream.encode())
