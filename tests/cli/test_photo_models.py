import numpy as np
import pytest
from PIL import Image

from hps_tf.cli import environment, photo
from hps_tf.errors import InputError
from tests.cli import own_detector


def _image(path):
    Image.new("RGB", (64, 96)).save(path)
    return path


def test_a_detector_of_the_users_own_finds_the_people(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "start_quickly", lambda: None)
    path = _image(tmp_path / "a.png")
    more = [str(path), "--fast", "--output", str(tmp_path / "out"), "--network", "photo"]
    photo.main([*more, "--detector", "tests.cli.own_detector:OwnDetector"])
    with np.load(tmp_path / "out" / "result.npz") as file:
        arrays = dict(file)
    np.testing.assert_array_equal(arrays["boxes"], own_detector.BOX)
    np.testing.assert_array_equal(arrays["keypoints_2d"], own_detector.KEYPOINTS[None])
    assert arrays["translation"][0, 2] > 0
    with pytest.raises(InputError, match=r"detector: expected keypoints of shape \(1, 17, 2\)"):
        photo.main([*more, "--detector", "tests.cli.own_detector:Careless"])


def test_an_unknown_network_or_detector_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(environment, "start_quickly", lambda: None)
    more = [str(_image(tmp_path / "a.png")), "--output", str(tmp_path / "out")]
    with pytest.raises(InputError, match="nothing"):
        photo.main([*more, "--network", "nothing"])
    with pytest.raises(SystemExit):
        photo.main([*more, "--detector", "nothing:at_all"])
    assert "expected movenet or MODULE:FUNCTION, received nothing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
