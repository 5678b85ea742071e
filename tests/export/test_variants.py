import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from export import tflite, tflite_file, variant_figures, variants
from hps_tf import models
from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.synthetic import GROUP_FRAMES, Generator, Group, PriorPeople
from hps_tf.models import Predictor, saved_model
from tests import loaded_once


@pytest.fixture(scope="module")
def predictor(network, body):
    return Predictor(network, body)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    directory = tmp_path_factory.mktemp("images") / "synthetic"
    people = PriorPeople(loaded_once.prior("cmu-6d-light"))
    generator = Generator(32, seed=0, num_vertices=3000)
    group = Group("test", 0, people.draw("test", 0, GROUP_FRAMES, 0), 4)
    image_dataset.write(
        directory,
        {"test": generator(group)},
        image_size=32,
        num_shape=16,
        body="default",
        settings={},
        dropped={},
    )
    return directory


def test_half_precise_weights_move_joints_little(predictor, images, monkeypatch):
    def refuse(*_, **__):
        raise tflite_file.NoCounterpartError("tf.Strange")

    monkeypatch.setattr(tflite_file, "convert", refuse)
    found = variant_figures.measure(predictor, ImageDataset(images, "test"), 10)
    assert found["num_images"] == 4
    exact, half, lite, _ = found["variants"].values()
    assert exact["max_shift_mm"] == 0
    assert half["megabytes"] == pytest.approx(exact["megabytes"] / 2, abs=2e-3)
    assert 0 < half["max_shift_mm"] < 20
    assert half["mpjpe_mm"] == pytest.approx(exact["mpjpe_mm"], rel=0.02)
    assert lite == {"missing_operators": "tf.Strange"}


@pytest.mark.parametrize("name", ["network", "photo_network"])
def test_networks_answer_alike_in_tensorflow_lite(request, name, body):
    network = request.getfixturevalue(name)
    predictor = Predictor(network, body)
    interpreter = tf.lite.Interpreter(model_content=tflite_file.convert(predictor))
    size = network.options.image_size
    images = np.random.default_rng(0).uniform(size=(2, size, size, 3)).astype(np.float32)
    intrinsics = np.tile(np.diag([300.0, 300, 1]), (2, 1, 1)).astype(np.float32)
    intrinsics[:, :2, 2] = size / 2
    expected = saved_model.answer(predictor.predict(images, intrinsics))
    ask = interpreter.get_signature_runner(tflite_file.SIGNATURE)
    found = ask(images=images, intrinsics=intrinsics)
    assert found.keys() == expected.keys()
    for name in ("joints", "vertices", "pose"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-3)
    np.testing.assert_allclose(found["keypoints_2d"], expected["keypoints_2d"], atol=0.1)


def test_operators_without_a_counterpart_are_listed(network, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        saved_model, "answer", lambda found: {"volume": tf.linalg.det(found.people.vertices[:, :3])}
    )
    models.save(network, tmp_path / "network.npz")
    arguments = ["--run", str(tmp_path), "--output", str(tmp_path / "small.tflite")]
    monkeypatch.setattr(sys, "argv", ["export.tflite", *arguments])
    with pytest.raises(SystemExit) as stopped:
        tflite.main()
    assert stopped.value.code == tflite.EXIT_NO_COUNTERPART
    assert "TensorFlow Lite has no MatrixDeterminant\n" in capsys.readouterr().err
    assert not (tmp_path / "small.tflite").exists()


def test_figures_are_printed_and_written(predictor, network, images, tmp_path, monkeypatch, capsys):
    models.save(network, tmp_path / "network.npz")
    found = {"num_images": 1, "variants": {"float32": {"megabytes": 1.0}}}
    monkeypatch.setattr(variant_figures, "measure", lambda *_: found)
    options = ["--run", tmp_path, "--data", images, "--json", tmp_path / "variants.json"]
    monkeypatch.setattr(sys, "argv", ["export.variants", *map(str, options)])
    variants.main()
    assert capsys.readouterr().out == "float32: megabytes 1.0\n"
    assert json.loads((tmp_path / "variants.json").read_text()) == found
