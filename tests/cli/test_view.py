import json
import sys

import numpy as np
import pytest
from PIL import Image

from hps_tf.body import load_default
from hps_tf.cli import view
from hps_tf.errors import InputError
from hps_tf.priors import PoseVAE


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


class Served:
    """Stands in for the server: keeps what it was given."""

    url = "http://127.0.0.1:1234"

    def __init__(self, *arguments):
        type(self).arguments = arguments

    def wait(self):
        pass


@pytest.fixture
def served(monkeypatch):
    server = pytest.importorskip(
        "hps_tf.visualization.prior_viewer.server", reason="needs viser", exc_type=InputError
    )
    monkeypatch.setattr(server, "PriorServer", Served)
    return Served


def test_a_pretrained_prior_is_rated_by_the_motion_capture_it_comes_with(served, capsys):
    view.main(["--prior", "cmu-vposer", "--port", "1234"])
    name, prior, body, scale, port = served.arguments
    assert (name, prior.latent_dim, body.num_shape, port) == ("cmu-vposer", 32, 16, 1234)
    assert scale.poses.endswith("poses of CMU motion capture, split test")
    assert "http://127.0.0.1:1234 shows the prior" in capsys.readouterr().out


def test_a_prior_is_rated_by_motion_capture_that_is_given(served, motion):
    view.main(["--prior", "cmu-vposer", "--data", str(motion), "--split", "val"])
    assert served.arguments[3].poses == "of 200 poses of motion capture, split val"


def test_a_prior_of_ones_own_is_rated_by_its_samples(served, tmp_path):
    PoseVAE.from_preset("cmu-vposer").save(tmp_path / "prior.npz")
    view.main(["--prior", str(tmp_path / "prior.npz")])
    assert served.arguments[0] == "prior"
    assert served.arguments[3].poses == "of 2,000 samples of the prior"


def test_without_viser_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "viser", None)
    monkeypatch.delitem(sys.modules, "hps_tf.visualization.prior_viewer.server", raising=False)
    with pytest.raises(InputError, match=r"package viser, .*: pip install 'hps_tf\[view\]'"):
        view.main(["--prior", "cmu-vposer"])


def test_a_prior_without_latents_is_refused(served):
    with pytest.raises(InputError, match=r"cmu-hmr: expected a prior with a latent space"):
        view.main(["--prior", "cmu-hmr"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prior", "x", "--output", "y"], "--output: expected none with a prior"),
        (["x", "--data", "y"], "--data: expected none with a result"),
        (["x", "--port", "80"], "--port: expected none with a result"),
    ],
)
def test_options_of_the_other_kind_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        view.main(arguments)


def test_a_port_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        view.main(["--prior", "cmu-vposer", "--port", "0"])
    assert "expected a port from 1 to 65535, received '0'" in capsys.readouterr().err
