import json

import numpy as np
import pytest
from PIL import Image

from hps_tf.body import load_default
from hps_tf.cli import view
from hps_tf.errors import InputError


@pytest.fixture(scope="module")
def body():
    return load_default()


@pytest.fixture
def result(tmp_path, body):
    directory = tmp_path / "bodies"
    directory.mkdir()
    Image.new("RGB", (64, 48), "navy").save(tmp_path / "photo.jpg")
    translation = np.array([[0, 0, 3]], np.float32)
    np.savez(
        directory / "result.npz",
        pose=np.zeros((1, 24, 3), np.float32),
        shape=np.zeros((1, body.num_shape), np.float32),
        translation=translation,
        joints_3d=body.joints(translation=translation).numpy(),
        intrinsics=np.diag([80.0, 80, 1])[None],
        image_sizes=np.array([[48, 64]]),
        person_ids=np.array(["photo-0"]),
        image_names=np.array(["photo.jpg"]),
        frames=np.array([0]),
    )
    return directory


def data(page):
    text = page.read_text("utf-8")
    start = text.index(">", text.index('id="data"')) + 1
    return json.loads(text[start : text.index("</script>", start)])


def test_the_page_lies_beside_the_result(result, capsys):
    view.main([str(result)])
    page = result / "view.html"
    assert data(page)["scenes"][0]["people"][0]["name"] == "photo-0"
    out = capsys.readouterr().out
    assert f"{page}: " in out
    assert "no photograph photo.jpg; see --photographs" in out


def test_photographs_are_found_where_the_user_says(result, tmp_path, capsys):
    output = tmp_path / "page.html"
    view.main([str(result / "result.npz"), "--output", str(output), "--photographs", str(tmp_path)])
    (photograph,) = data(output)["scenes"][0]["photographs"]
    assert photograph.startswith("data:image/jpeg;base64,")
    assert "no photograph" not in capsys.readouterr().out


def test_a_directory_without_a_result_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected the output of hps photo or hps fit, with res"):
        view.main([str(tmp_path)])


def test_a_missing_output_directory_is_refused_before_anything_is_read(result, tmp_path):
    with pytest.raises(InputError, match=r"--output .*: there is no directory"):
        view.main([str(result), "--output", str(tmp_path / "no" / "page.html")])


def test_a_damaged_result_leaves_no_page(result):
    (result / "result.npz").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"expected an \.npz archive, received"):
        view.main([str(result)])
    assert not (result / "view.html").exists()


def test_a_rate_that_is_none_is_refused(result, capsys):
    with pytest.raises(SystemExit) as exit_info:
        view.main([str(result), "--frame_rate", "0"])
    assert exit_info.value.code == 2
    assert "expected frames per second, received '0'" in capsys.readouterr().err
