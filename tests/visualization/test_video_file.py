from fractions import Fraction

import av
import numpy as np
import pytest

from hps_tf.visualization import video_file


def picture(level, size=(33, 47)):
    pixels = np.full((*size, 3), level, np.uint8)
    pixels[: size[0] // 2] = 255
    return pixels


def decoded(path):
    with av.open(str(path)) as container:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


@pytest.mark.parametrize("codecs", [{"libx264", "mpeg4"}, {"mpeg4"}])
def test_pictures_and_times_are_kept(codecs, tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", codecs)
    path = tmp_path / "a.mp4"
    times = [0.0, 0.04, 0.2, 0.24, 0.9]
    with video_file.writing(path, (33, 47), Fraction(25)) as put:
        for number, time in enumerate(times):
            put(picture(20 * number), time)
    frames = decoded(path)
    np.testing.assert_allclose([time for time, _ in frames], times, atol=2e-3)
    for number, (_, pixels) in enumerate(frames):
        assert pixels.shape == (34, 48, 3)
        assert np.abs(pixels[:33, :47].astype(int) - picture(20 * number)).mean() < 6


def test_a_video_appears_whole_or_not_at_all(tmp_path):
    def write():
        with video_file.writing(tmp_path / "a.mp4", (32, 32), Fraction(25)) as put:
            put(picture(0, (32, 32)), 0.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert not list(tmp_path.iterdir())
