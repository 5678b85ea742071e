"""Damaged videos of four containers, one of changing size: read or refused, soon."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hps_tf.data.datasets.human36m import frames
from hps_tf.data.datasets.human36m.recordings import Recording
from hps_tf.data.images.video_frames import VideoFile
from hps_tf.errors import InputError
from tests import mutations

ENCODINGS = {
    "mp4": ("mpeg4", "yuv420p"),
    "avi": ("mjpeg", "yuvj420p"),
    "gif": ("gif", "rgb8"),
    "mpg": ("mpeg1video", "yuv420p"),
}


def write(path, height, width):
    codec, pixels = ENCODINGS[path.suffix[1:]]
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = height, width, pixels
        for _ in range(4):
            picture = rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
            large = picture.repeat(8, axis=0).repeat(8, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(large, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """By the suffix, the damage to a video."""
    directory = tmp_path_factory.mktemp("whole")
    contents = {suffix: write(directory / f"a.{suffix}", 32, 48) for suffix in ENCODINGS}
    contents["mpg"] += write(directory / "smaller.mpg", 16, 24)
    return {suffix: mutations.damaged(content) for suffix, content in contents.items()}


def read_frames(path):
    video = VideoFile(path)
    before = -np.inf
    for number, frame in enumerate(video):
        assert (frame.number, frame.pixels.shape) == (number, (*video.size, 3))
        assert frame.time > before
        before = frame.time


def read(damaged, directory, data):
    suffix = data.draw(st.sampled_from(sorted(damaged)))
    content = data.draw(damaged[suffix])
    path = directory / f"fuzzed.{suffix}"
    path.write_bytes(content)
    mutations.read_or_refused(lambda: read_frames(path), InputError)
    # Human3.6M has a reader of its own.
    recording = Recording(directory, "S1", "Walking")
    path = directory / "Videos" / "Walking.1.mp4"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    mutations.read_or_refused(
        lambda: list(frames.read(recording, "1", (0, 2, 3), None, skip_bad=False)), InputError
    )


@mutations.few(2_000)
@given(data=st.data())
def test_damaged_videos_are_read_or_refused(damaged, tmp_path_factory, data):
    read(damaged, tmp_path_factory.getbasetemp(), data)


@mutations.many
@given(data=st.data())
def test_many_damaged_videos_are_read_or_refused(damaged, tmp_path_factory, part, data):
    read(damaged, tmp_path_factory.getbasetemp(), data)
