import dataclasses
import io
import json
import sys
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from hps_tf import models
from hps_tf.body import load_default
from hps_tf.cli import evaluate as program
from hps_tf.cli.evaluate import network as evaluation
from hps_tf.cli.evaluate import network_report
from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_example import ImageExample
from hps_tf.errors import InputError
from hps_tf.evaluation import network_data, network_figures, network_rows
from hps_tf.fitting import Weights
from hps_tf.geometry import axis_angle
from hps_tf.models import PRESETS, Predictor, StagedNetwork
from tests import loaded_once

SIZE = 64
CAMERA = np.array([[90.0, 0, 31.5], [0, 90.0, 31.5], [0, 0, 1]])


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def run_dir(body, tmp_path_factory):
    """A run directory with a tiny network that nobody trained."""
    prior = loaded_once.prior("cmu-6d-light")
    tf.keras.utils.set_random_seed(0)
    network = StagedNetwork(PRESETS["tiny"], prior, body.num_shape)
    directory = tmp_path_factory.mktemp("untrained")
    models.save(network, directory / "network.npz")
    return directory


@pytest.fixture(scope="module", autouse=True)
def predictor(run_dir, body):
    """One predictor for all tests, not compiled: that takes longer than these few images."""
    predictor = Predictor(models.load(run_dir / "network.npz"), body)
    predictor._compiled = predictor.predict
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "Predictor", lambda *_: predictor)
        yield predictor


def _example(number, num_shape, **changes):
    """A standing person in noise, every second one of a video, with all labels but markers."""
    rng = np.random.default_rng(number)
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(file, "PNG")
    pose = np.zeros((24, 3))
    pose[0] = (np.pi, 0, 0)
    parts = np.zeros((SIZE, SIZE), np.uint8)
    parts[20:40, 30:34] = 1
    example = ImageExample(
        name=f"image-{number}",
        image=file.getvalue(),
        intrinsics=CAMERA,
        action="walk" if number < 3 else "sit",
        sequence="clip" if number < 5 else "",
        frame=number,
        keypoints_2d=rng.uniform(0, SIZE, (17, 2)),
        keypoint_weights=np.ones(17),
        part_labels=parts,
        pose=pose,
        shape=np.zeros(num_shape),
        translation=np.array([0.0, 0.0, 4.0]),
    )
    return dataclasses.replace(example, **changes)


def _write(directory, examples, num_shape=16, body="default"):
    image_dataset.write(
        directory,
        {"test": examples},
        image_size=SIZE,
        num_shape=num_shape,
        body=body,
        settings={},
        dropped={},
    )
    return directory


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("data") / "people"
    return _write(directory, [_example(number, 16) for number in range(6)])


@pytest.fixture
def no_network(monkeypatch):
    """Wrong data is refused before anything is predicted."""
    monkeypatch.setattr(evaluation, "Predictor", None)


def run(*arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tools.evaluate", "network", *map(str, arguments)])
        program.main()


@pytest.fixture(scope="module")
def figures(run_dir, data_dir, tmp_path_factory):
    directory = tmp_path_factory.mktemp("figures")
    files = "--json", directory / "figures.json", "--markdown", directory / "figures.md"
    run("--run", run_dir, "--data", data_dir, *files)
    return json.loads((directory / "figures.json").read_text()) | {
        "markdown": (directory / "figures.md").read_text()
    }


def test_figures_of_the_network_alone_lie_at_the_top(figures, run_dir):
    assert figures["network"] == run_dir.name
    assert figures["data"] == "people"
    assert figures["num_images"] == 6
    alone = figures["rows"]["network"]
    for name in (*network_figures.MEANS, "acceleration_error_mm", "per_joint_mm", "per_action_mm"):
        assert figures[name] == alone[name]
    assert all(np.isfinite(figures[name]) for name in network_figures.MEANS)


def test_joints_and_actions_average_to_the_whole(figures):
    assert len(figures["per_joint_mm"]) == 17
    assert np.mean(list(figures["per_joint_mm"].values())) == pytest.approx(figures["mpjpe_mm"])
    actions = figures["per_action_mm"]
    assert actions.keys() == {"walk", "sit"}
    assert np.mean(list(actions.values())) == pytest.approx(figures["mpjpe_mm"], rel=1e-4)


def test_markdown_holds_the_figures(figures):
    assert "untrained" in figures["markdown"].splitlines()[0]
    assert f"| network alone | {figures['mpjpe_mm']:.1f} |" in figures["markdown"]
    assert f"| walk | {figures['per_action_mm']['walk']:.1f} |" in figures["markdown"]


def test_what_is_not_labelled_is_null_and_in_no_table(run_dir, capsys, tmp_path):
    bare = {"pose": None, "shape": None, "translation": None, "part_labels": None}
    _write(tmp_path / "2d", [_example(7, 16, **bare)])
    run("--run", run_dir, "--data", tmp_path / "2d", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["mpjpe_mm"] is None
    assert figures["part_iou"] is None
    assert figures["per_joint_mm"] == figures["per_action_mm"] == {}
    assert figures["keypoint_error_px"] > 0
    table = capsys.readouterr().out
    assert "MPJPE" not in table
    assert f"{figures['keypoint_error_px']:.1f}" in table


class _Closer:
    """Refines by taking the true pose, and notes what it was asked for."""

    asked: ClassVar[list] = []

    def __init__(self, predictor):
        self.weights = Weights(prior=2.5, outlier=30.0, truncation=8.0)

    def images(self, people, *, with_parts, progress):
        self.asked.append(("ka+ba" if with_parts else "ka", len(people)))
        progress(len(people), len(people))
        true = axis_angle.to_matrix(people.labels["pose"]).numpy()
        return dataclasses.replace(people, rotation_matrices=true, shape=0 * people.shape)

    def video(self, people, stretches, window, progress):
        self.asked.append((window, [rows.tolist() for rows in stretches]))
        return self.images(people, with_parts=False, progress=progress)


def test_fitted_bodies_have_rows_of_their_own(run_dir, data_dir, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(network_rows, "Refinement", _Closer)
    monkeypatch.setattr(_Closer, "asked", [])
    path = tmp_path / "figures.json"
    options = "--refine", "ka,ka+ba", "--video", "4,2", "--json", path
    run("--run", run_dir, "--data", data_dir, *options)
    figures = json.loads(path.read_text())
    assert list(figures["rows"]) == ["network", "ka", "ka+ba", "video-4", "video-2"]
    assert figures["mpjpe_mm"] == figures["rows"]["network"]["mpjpe_mm"] > 10.0
    for row in list(figures["rows"])[1:]:
        assert figures["rows"][row]["mpjpe_mm"] == pytest.approx(0.0, abs=1e-2)
        assert figures["rows"][row]["detection_error_px"] == figures["detection_error_px"]
    # The image that is in no video is not among the video's.
    assert figures["num_images"] == 5
    assert figures["fit_weights"]["prior"] == 2.5
    assert _Closer.asked[0] == ("ka", 5)
    assert (4, [[0, 1, 2, 3, 4]]) in _Closer.asked
    table = capsys.readouterr().out
    assert "+ OPT (KA+BA)" in table
    assert "+ video, windows of 4" in table


def test_of_videos_whole_stretches_are_measured(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(network_data, "STRETCH", 2)
    dataset = image_dataset.ImageDataset(data_dir, "test")
    assert network_data.numbers(dataset, 3, is_video=True).tolist() == [0, 1]
    assert network_data.numbers(dataset, 4, is_video=True).tolist() == [0, 1, 2, 3]
    assert network_data.numbers(dataset, None, is_video=True).tolist() == [0, 1, 2, 3, 4]
    assert network_data.numbers(dataset, 2, is_video=False).tolist() == [0, 3]


@pytest.mark.usefixtures("no_network")
def test_single_images_are_no_video(run_dir, tmp_path):
    _write(tmp_path / "single", [_example(number, 16, sequence="") for number in range(2)])
    with pytest.raises(InputError, match=r"--video: expected videos in .*received single images"):
        run("--run", run_dir, "--data", tmp_path / "single", "--video", "4")


def test_fewer_images_are_spread_and_tell_no_acceleration(run_dir, data_dir, tmp_path):
    path = tmp_path / "figures.json"
    run("--run", run_dir, "--data", data_dir, "--max_images", 2, "--json", path)
    figures = json.loads(path.read_text())
    assert figures["num_images"] == 2
    assert figures["per_action_mm"].keys() == {"walk", "sit"}
    assert "acceleration_error_mm" not in figures


def test_long_tables_of_actions_stay_in_the_json(figures):
    many = {f"clip {number}": 1.0 for number in range(41)}
    rows = {"network": figures["rows"]["network"] | {"per_action_mm": many}}
    assert "clip 1" not in network_report.text(figures | {"per_action_mm": many, "rows": rows})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--network": "no-such"}, "no-such: no such network"),
        ({"--run": "no-such"}, "no-such: expected the directory of a training run"),
        ({"--data": "no-such"}, "no-such: expected prepared images"),
        ({"--split": "val"}, "expected the split 'val', received test"),
        ({"--labelled": "hands"}, "--labelled: expected none or any of keypoints, parts, received"),
        ({"--refine": "ka,kb"}, "--refine: expected none or any of ka, ka.*, received 'kb'"),
        ({"--video": "4,1"}, "--video: expected numbers of frames from 2 to 64, received '1'"),
        ({"--video": "x"}, "--video: expected numbers of frames from 2 to 64, received 'x'"),
        ({"--json": "no-such/figures.json"}, "there is no directory no-such"),
        ({"--markdown": "no-such/figures.md"}, "there is no directory no-such"),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_wrong_input_is_named(run_dir, data_dir, changes, message):
    options = {"--run": run_dir, "--data": data_dir}
    if "--network" in changes:
        del options["--run"]
    with pytest.raises(InputError, match=message):
        run(*[text for option in (options | changes).items() for text in option])


@pytest.mark.usefixtures("no_network")
def test_images_without_labels_are_refused(run_dir, tmp_path):
    file = _example(0, 16)
    bare = ImageExample(file.name, file.image, file.intrinsics)
    _write(tmp_path / "bare", [bare])
    with pytest.raises(InputError, match=r"bare, split test: expected images with labels \(keyp"):
        run("--run", run_dir, "--data", tmp_path / "bare")


@pytest.mark.usefixtures("no_network")
def test_images_of_another_body_are_refused(run_dir, tmp_path):
    _write(tmp_path / "ten", [_example(0, 10)], num_shape=10)
    with pytest.raises(InputError, match="expected the network's 16 shape components, received 10"):
        run("--run", run_dir, "--data", tmp_path / "ten")
    _write(tmp_path / "smpl", [_example(0, 16)], body="SMPL")
    with pytest.raises(
        InputError, match="field 'body': expected the network's 'default', received 'SMPL'"
    ):
        run("--run", run_dir, "--data", tmp_path / "smpl")


def test_records_of_something_else_are_refused(run_dir, data_dir, tmp_path):
    _write(tmp_path / "other", [_example(0, 16)])
    (shard,) = (tmp_path / "other").glob("*.tfrecord")
    with tf.io.TFRecordWriter(str(shard)) as writer:
        writer.write(tf.train.Example().SerializeToString())
    with pytest.raises(InputError, match="other: expected examples of images, received: "):
        run("--run", run_dir, "--data", tmp_path / "other")


@pytest.mark.usefixtures("no_network")
def test_damaged_networks_are_refused(data_dir, tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"bad\.npz: expected an \.npz archive"):
        run("--network", tmp_path / "bad.npz", "--data", data_dir)
