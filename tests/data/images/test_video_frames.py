import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from hps_tf.data.images import photographs, video_frames
from hps_tf.data.images.video_frames import NumberedImages, VideoFile
from hps_tf.errors import InputError

HEIGHT, WIDTH = 48, 64


def picture(level, height=HEIGHT, width=WIDTH):
    """A grey picture with a white upper left corner."""
    pixels = np.full((height, width, 3), level, np.uint8)
    pixels[: height // 2, : width // 2] = 255
    return pixels


def write(path, pictures, times=None, options=None):
    """Writes pictures as a video, at 10 a second or at the times given, milliseconds."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times is not None:
                frame.pts = times[number]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turned(path, matrix):
    """Writes how the camera was held into the track's header."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    data[place : place + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(bytes(data))
    return path


def test_frames_come_in_order_with_their_times(tmp_path):
    video = VideoFile(write(tmp_path / "a.mp4", [picture(10 * i) for i in range(12)]))
    assert (video.size, video.rate, video.num_frames) == ((HEIGHT, WIDTH), 10, 12)
    frames = list(video)
    assert [frame.number for frame in frames] == list(range(12))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(12) / 10)
    for level, frame in enumerate(frames):
        assert np.abs(frame.pixels.astype(int) - picture(10 * level)).mean() < 4


def test_times_of_a_variable_rate_are_the_files_own(tmp_path):
    times = [0, 40, 200, 240, 900]
    video = VideoFile(write(tmp_path / "a.mp4", [picture(50)] * 5, times))
    np.testing.assert_allclose([frame.time for frame in video], np.array(times) / 1000, atol=2e-3)


@pytest.mark.parametrize(
    ("matrix", "turns"),
    [
        ((0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30), -1),  # A telephone held upright.
        ((-1 << 16, 0, 0, 0, -1 << 16, 0, 0, 0, 1 << 30), 2),
        ((0, -1 << 16, 0, 1 << 16, 0, 0, 0, 0, 1 << 30), 1),
    ],
)
def test_frames_are_upright(matrix, turns, tmp_path):
    path = turned(write(tmp_path / "a.mp4", [picture(50)] * 3), matrix)
    video = VideoFile(path)
    expected = np.rot90(picture(50), turns)
    assert video.size == expected.shape[:2]
    for frame in video:
        assert np.abs(frame.pixels.astype(int) - expected).mean() < 4


def test_frames_of_another_size_are_brought_to_the_first_ones(tmp_path):
    path = tmp_path / "a.mpg"
    first = write(tmp_path / "1.mpg", [picture(50)] * 4).read_bytes()
    half = write(tmp_path / "2.mpg", [picture(50, HEIGHT // 2, WIDTH // 2)] * 4).read_bytes()
    path.write_bytes(first + half)
    video = VideoFile(path)
    shapes = {frame.pixels.shape for frame in video}
    assert shapes == {(HEIGHT, WIDTH, 3)}


def test_another_format_within_a_video_is_named(tmp_path):
    video = VideoFile(write(tmp_path / "a.mp4", [picture(50)] * 3))
    video.size = (WIDTH, HEIGHT)
    with pytest.raises(InputError, match=r"frames of 48 x 64 pixels, received 64 x 48 from frame"):
        next(iter(video))


def test_frames_up_to_the_damage_come_first(tmp_path):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(40)]
    path = write(tmp_path / "a.mp4", noise, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    frames = iter(VideoFile(path))
    assert [next(frames).number for _ in range(10)] == list(range(10))
    with pytest.raises(InputError, match=r"a\.mp4: expected (4\.0 s as the file|a video)"):
        list(frames)


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "text.mp4").write_text("hello " * 100)
    (tmp_path / "empty.mp4").touch()
    sound = tmp_path / "sound.wav"
    sound.write_bytes(
        b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\x40\0\0\0"
        + bytes(64)
    )
    for name in ("text.mp4", "empty.mp4", "sound.wav", "none.mp4"):
        with pytest.raises(InputError, match=f"{name}: expected a video, received"):
            VideoFile(tmp_path / name)


def test_numbered_images_are_frames(tmp_path):
    for number in range(3):
        Image.fromarray(picture(40 * number)).save(tmp_path / f"{number}.png")
    images = [photographs.at(tmp_path / f"{number}.png") for number in range(3)]
    video = NumberedImages(images)
    assert (video.size, video.rate, video.num_frames) == ((HEIGHT, WIDTH), 25, 3)
    frames = list(video)
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.04, 0.08])
    np.testing.assert_array_equal(frames[2].pixels, picture(80))
    Image.fromarray(picture(0, WIDTH, HEIGHT)).save(tmp_path / "3.png")
    with pytest.raises(InputError, match=r"3\.png: expected 64 x 48 pixels .* received 48 x 64"):
        list(NumberedImages([*images, photographs.at(tmp_path / "3.png")]))


def test_a_video_whose_encoding_nobody_knows_is_refused(tmp_path):
    path = write(tmp_path / "a.mp4", [picture(10)])
    # Both places that name it.
    path.write_bytes(path.read_bytes().replace(b"mp4v", b"zzzz").replace(b"esds", b"free"))
    with pytest.raises(InputError, match=r"a\.mp4: expected a video, received an unknown encoding"):
        VideoFile(path)


def test_a_frame_larger_than_the_file_states_is_not_decoded(tmp_path, monkeypatch):
    # FFmpeg counts the edges that it adds.
    monkeypatch.setattr(video_frames, "MAX_PIXELS", 24 * HEIGHT * WIDTH)
    path = tmp_path / "a.mpg"
    first = write(tmp_path / "1.mpg", [picture(50)] * 4).read_bytes()
    larger = write(tmp_path / "2.mpg", [picture(50, 8 * HEIGHT, 8 * WIDTH)] * 4).read_bytes()
    path.write_bytes(first + larger)
    frames = iter(VideoFile(path))
    assert next(frames).pixels.shape == (HEIGHT, WIDTH, 3)
    with pytest.raises(InputError, match=r"a\.mpg: expected a video, received: "):
        list(frames)
