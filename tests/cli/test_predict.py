import socket
import time

import numpy as np
import pytest
from PIL import Image

from export import example_people
from hps_tf.cli import predict
from hps_tf.cli.serving import program
from hps_tf.cli.serving.client import Client, RefusedError, TransientError, UnavailableError
from hps_tf.cli.serving.grpc_client import GrpcClient
from hps_tf.cli.serving.rest_client import RestClient
from hps_tf.errors import InputError
from hps_tf.visualization import photograph_overlay

HEIGHT, WIDTH = 48, 64


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A JPEG, a PNG and a JPEG that is to be turned."""
    directory = tmp_path_factory.mktemp("photographs")
    coarse = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    image = Image.fromarray(coarse.repeat(8, axis=0).repeat(8, axis=1))
    image.save(directory / "a.jpg", quality=95)
    image.save(directory / "b.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    image.save(directory / "c.jpg", exif=turned)
    return [directory / name for name in ("a.jpg", "b.png", "c.jpg")]


def address(photo_server, kind):
    return (
        ["--server", photo_server.grpc]
        if kind == "gRPC"
        else ["--server", photo_server.rest, "--rest"]
    )


@pytest.mark.parametrize("kind", ["gRPC", "REST"])
def test_everybody_gets_an_overlay_and_a_row(photo_server, body, tmp_path, capsys, kind):
    pixels = np.concatenate(list(example_people.pictures(body, (120, 100), 2)), axis=1)
    Image.fromarray(pixels).save(tmp_path / "two.jpg", quality=95)
    Image.new("RGB", (90, 60)).save(tmp_path / "nobody.png")
    paths = [str(tmp_path / name) for name in ("two.jpg", "nobody.png")]
    output = tmp_path / "out"
    predict.main([*paths, *address(photo_server, kind), "--output", str(output)])
    printed = capsys.readouterr()
    assert printed.err == "2 of 2 images, 0 failed\n"
    assert printed.out == f"{output}: 2 images written, .png and .npz each\n"
    for name, shown, count in (("two", pixels, 2), ("nobody", np.zeros((60, 90, 3)), 0)):
        with np.load(output / f"{name}.npz") as file:
            answer = dict(file)
        assert answer.pop("intrinsics").shape == (3, 3)
        assert {"boxes", "score", "vertices", "joint_std"} < answer.keys()
        assert all(len(array) == count for array in answer.values())
        drawn = np.asarray(Image.open(output / f"{name}.png"))
        assert drawn.shape == shown.shape
        assert (drawn == shown).all() == (count == 0)


@pytest.mark.parametrize("kind", ["gRPC", "REST"])
def test_the_person_in_a_box_gets_an_overlay_and_a_row(
    photo_server, photographs, tmp_path, capsys, kind
):
    options = [*address(photo_server, kind), "--box", "8,4,36,40"]
    options += ["--batch_size", "2", "--output", str(tmp_path)]
    predict.main([*map(str, photographs), *options])
    assert "3 of 3 images" in capsys.readouterr().err
    for name, size in (("a", (WIDTH, HEIGHT)), ("b", (WIDTH, HEIGHT)), ("c", (HEIGHT, WIDTH))):
        assert Image.open(tmp_path / f"{name}.png").size == size
        with np.load(tmp_path / f"{name}.npz") as file:
            answer = dict(file)
        assert answer["vertices"].shape == (1, 3000, 3)
        assert answer["part_labels"].shape == (1, 64, 64)
        np.testing.assert_allclose(answer["boxes"], [[1, -1, 50, 50]])
        np.testing.assert_allclose(answer["intrinsics"][0, 0], np.hypot(*size), rtol=1e-5)
        assert all(np.isfinite(array).all() for array in answer.values())


def test_refused_images_are_named_and_the_others_answered(
    photo_server,
    photographs,
    tmp_path,
    monkeypatch,
):
    whole = program.read

    def damaged(path):
        picture = whole(path)
        return picture._replace(jpeg=b"nothing") if path.name == "a.jpg" else picture

    monkeypatch.setattr(program, "read", damaged)
    options = ["--server", photo_server.grpc, "--output", str(tmp_path)]
    with pytest.raises(InputError, match=r"1 of 2 images failed: .*a\.jpg: .*JPEG or PNG files"):
        predict.main([*map(str, photographs[:2]), *options])
    assert {path.name for path in tmp_path.iterdir()} == {"b.png", "b.npz"}


def test_files_that_cannot_be_read_do_not_stop_the_others(photo_server, photographs, tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("no photograph")
    images = [str(tmp_path / "absent.jpg"), str(text), str(photographs[0])]
    output = tmp_path / "out"
    with pytest.raises(InputError, match=r"2 of 3 images failed: .*absent\.jpg: .*text\.jpg: "):
        predict.main([*images, "--server", photo_server.grpc, "--output", str(output)])
    assert {path.name for path in output.iterdir()} == {"a.png", "a.npz"}


def test_doubled_images_are_named(photographs, tmp_path):
    options = ["--server", "nowhere:1", "--output", str(tmp_path / "out")]
    with pytest.raises(InputError, match="expected different names, received 'a' twice"):
        predict.main([str(photographs[0]), str(photographs[0]), *options])


def test_a_box_in_fractions_of_the_photograph_is_refused(photographs, capsys):
    with pytest.raises(SystemExit):
        predict.main([str(photographs[0]), "--server=nowhere:1", "--box=0.4,0.2,0.2,0.6"])
    assert "--box: expected a box of at least 2 pixels per side, rec" in capsys.readouterr().err


@pytest.mark.parametrize("box", ["1,2", "1,2,3,four"])
def test_what_is_no_box_is_named(photographs, capsys, box):
    with pytest.raises(SystemExit) as stopped:
        predict.main([str(photographs[0]), "--server=nowhere:1", f"--box={box}"])
    assert stopped.value.code == 2
    assert "--box: expected LEFT,TOP,WIDTH,HEIGHT in pixels, rec" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [GrpcClient, RestClient])
def test_unknown_models_are_refused_without_asking_again(photo_server, kind):
    address = photo_server.grpc if kind is GrpcClient else photo_server.rest
    with kind(address, "other", max_tries=1) as client, pytest.raises(RefusedError, match="other"):
        client.predict("encode", {"x": np.zeros((1, 63), np.float32)})


@pytest.mark.parametrize("kind", [GrpcClient, RestClient])
def test_absent_servers_are_given_up_after_the_deadline(kind):
    with (
        kind("127.0.0.1:9", "network", deadline=0.5) as client,
        pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9: no answer: "),
    ):
        client.predict("encode", {"x": np.zeros((1, 63), np.float32)})


class Flaky(Client):
    """Answers at the third try."""

    def __init__(self, **options):
        super().__init__("server:1", "network", **options)
        self.timeouts = []

    def close(self):
        pass

    def _ask(self, signature, inputs, timeout):
        self.timeouts.append(timeout)
        if len(self.timeouts) < 3:
            raise TransientError("busy")
        return {"x": np.ones(1)}


def test_a_busy_server_is_asked_again_in_the_time_that_is_left():
    client = Flaky(deadline=20.0)
    assert client.predict("encode", {})["x"] == 1
    assert 20.0 >= client.timeouts[0] > client.timeouts[1] > client.timeouts[2] > 18.0


def test_tries_are_bounded():
    client = Flaky(max_tries=2)
    with pytest.raises(UnavailableError, match="server:1: no answer: busy"):
        client.predict("encode", {})
    assert len(client.timeouts) == 2


@pytest.mark.parametrize("kind", [GrpcClient, RestClient])
def test_a_server_that_says_nothing_is_given_up_at_the_deadline(kind):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with kind(address, "network", deadline=0.5) as client, pytest.raises(UnavailableError):
            client.predict("encode", {"x": np.zeros((1, 63), np.float32)})
        assert time.monotonic() - start < 5.0


def test_large_photographs_are_drawn_smaller_by_the_same_camera():
    corners = [[-0.5, -0.01], [0.5, -0.01], [0.5, 0.01], [-0.5, 0.01]]
    rectangle = np.array([[*corner, 4.0] for corner in corners], np.float32)
    intrinsics = np.array([[4096.0, 0, 2047.5], [0, 4096.0, 49.5], [0, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 2, 1], [0, 3, 2]])
    white = np.full((100, 4096, 3), 255, np.uint8)
    drawn = photograph_overlay.draw(white, rectangle[np.newaxis], faces, intrinsics)
    assert drawn.shape == (50, 2048, 3)
    columns = np.flatnonzero((drawn != 255).any(axis=(0, 2)))
    np.testing.assert_allclose([columns[0], columns[-1]], [768, 1280], atol=3)
