import numpy as np
import pytest
import tensorflow as tf
import trimesh
from PIL import Image

from hps_tf import models, priors
from hps_tf.body import load_default
from hps_tf.data import default_camera
from hps_tf.errors import InputError
from hps_tf.geometry import camera
from hps_tf.models import PRESETS, Predictor, StagedNetwork
from tools import demo

HEIGHT, WIDTH = 80, 120


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def network_file(body, tmp_path_factory):
    """A tiny network that nobody trained."""
    tf.keras.utils.set_random_seed(0)
    network = StagedNetwork(PRESETS["tiny"], priors.load_flow("cmu-6d-light"), body.num_shape)
    path = tmp_path_factory.mktemp("network") / "network.npz"
    models.save(path, network)
    return path


@pytest.fixture(scope="module")
def predictor(network_file, body):
    predictor = Predictor(models.load(network_file), body)
    predictor._compiled = predictor.predict  # Compiling takes longer than these few images.
    return predictor


@pytest.fixture(scope="module")
def photograph():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return coarse.repeat(8, axis=0).repeat(8, axis=1)


@pytest.fixture(scope="module")
def photograph_file(photograph, tmp_path_factory):
    path = tmp_path_factory.mktemp("photograph") / "people.png"
    Image.fromarray(photograph).save(path)
    return path


@pytest.fixture
def run(monkeypatch, predictor, network_file, photograph_file):
    """Runs the program on the photograph, with one predictor for all tests."""
    monkeypatch.setattr(demo, "Predictor", lambda *_: predictor)

    def run(*options, image=photograph_file, network=network_file):
        demo.main([str(image), "--network", str(network), *map(str, options)])

    return run


def test_pictures_mesh_and_arrays_are_written(run, capsys, tmp_path):
    run("--output", tmp_path / "found")
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'found'}: overlay.png")
    assert {path.name for path in (tmp_path / "found").iterdir()} == {
        "overlay.png",
        "parts.png",
        "body.glb",
        "result.npz",
    }
    with np.load(tmp_path / "found" / "result.npz") as file:
        result = dict(file)
    shapes = {name: array.shape for name, array in result.items()}
    assert shapes == {
        "pose": (24, 3),
        "shape": (16,),
        "translation": (3,),
        "joints_3d": (24, 3),
        "vertices": (3000, 3),
        "keypoints_2d": (17, 2),
        "confidence": (17,),
        "intrinsics": (3, 3),
        "box": (4,),
    }
    np.testing.assert_allclose(result["box"], [20, 0, 80, 80])
    assert Image.open(tmp_path / "found" / "overlay.png").size == (WIDTH, HEIGHT)
    mesh = trimesh.load(tmp_path / "found" / "body.glb", force="mesh", process=False)
    np.testing.assert_allclose(mesh.vertices, result["vertices"] * [1, -1, -1], atol=1e-5)


def test_the_body_made_of_the_arrays_is_the_mesh(run, body, tmp_path):
    run("--output", tmp_path)
    with np.load(tmp_path / "result.npz") as file:
        made = body(**{name: file[name][None] for name in ("pose", "shape", "translation")})
        np.testing.assert_allclose(made.vertices[0], file["vertices"], atol=1e-4)
        np.testing.assert_allclose(made.joints[0], file["joints_3d"], atol=1e-4)


def test_the_photographs_camera_sees_the_body_where_the_crops_does(photograph, predictor, body):
    box = np.array([30.0, 10.0, 60.0, 60.0])
    found = demo.find(photograph, box, predictor)
    points = body.keypoints(
        "coco17",
        rotation_matrices=found.people.rotation_matrices,
        shape=found.people.shape,
        translation=found.people.translation,
    )
    in_photograph = camera.project(points[0], found.intrinsics.astype(np.float32))
    in_crop = camera.crop_points(in_photograph, box.astype(np.float32), (64, 64))
    np.testing.assert_allclose(in_crop, found.people.keypoints_2d[0], atol=0.05)
    expected = default_camera.intrinsics((HEIGHT, WIDTH))
    np.testing.assert_array_equal(found.intrinsics, expected)


def test_the_network_sees_a_square_around_the_box(photograph, predictor, run, tmp_path):
    run("--box", "40,20,16,32", "--output", tmp_path)
    with np.load(tmp_path / "result.npz") as file:
        np.testing.assert_allclose(file["box"], [28, 16, 40, 40])
        found = demo.find(photograph, file["box"], predictor)
        inside = camera.crop_points(file["keypoints_2d"], file["box"], (64, 64))
        np.testing.assert_allclose(inside, found.people.detected_2d[0], atol=1e-3)
    middle = photograph[16:56, 28:68]
    assert np.abs(found.crop.mean(axis=(0, 1)) - middle.mean(axis=(0, 1))).max() < 3


def test_refining_replaces_the_body(monkeypatch, photograph, predictor):
    class Moved:
        def __init__(self, given):
            assert given is predictor

        def images(self, people, *, with_parts):
            assert with_parts
            people.translation[:] += 1
            return people

    box = np.array([20.0, 0.0, 80.0, 80.0])
    plain = demo.find(photograph, box, predictor)
    monkeypatch.setattr(demo, "Refinement", Moved)
    refined = demo.find(photograph, box, predictor, is_refined=True)
    np.testing.assert_allclose(refined.vertices, plain.vertices + 1, atol=1e-4)
    np.testing.assert_allclose(refined.joints, plain.joints + 1, atol=1e-4)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ("1,2,3", "--box: expected LEFT,TOP,WIDTH,HEIGHT"),
        ("1,2,3,x", "--box: expected LEFT,TOP,WIDTH,HEIGHT"),
        ("1,2,0,5", "with an area, received '1,2,0,5'"),
        ("nan,2,5,5", "with an area, received 'nan,2,5,5'"),
        ("500,2,5,5", "in the photograph of 120 x 80 pixels"),
        ("-9,2,5,5", "in the photograph of 120 x 80 pixels"),
        ("0,0,5000,5000", "in the photograph of 120 x 80 pixels"),
    ],
)
def test_wrong_boxes_are_named(run, tmp_path, box, message):
    with pytest.raises(InputError, match=message):
        run(f"--box={box}", "--output", tmp_path / "found")
    assert not (tmp_path / "found").exists()


def test_missing_and_damaged_files_are_named(run, network_file, tmp_path):
    with pytest.raises(InputError, match=r"no\.png: expected a photograph, received no file"):
        run(image=tmp_path / "no.png")
    with pytest.raises(InputError, match=r"network\.npz: expected an image"):
        run(image=network_file)
    with pytest.raises(InputError, match="no-such: no such network"):
        run(network="no-such")
