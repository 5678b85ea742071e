"""The examples run at their smallest, with people that are rendered here."""

import ast
import dataclasses
import io
import json
import runpy
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import hps_tf.priors
from export import served_model
from hps_tf import models
from hps_tf.body.skeleton import JOINT_NAMES
from hps_tf.data.mocap import read_clips
from hps_tf.data.synthetic import Generator, PriorPeople
from hps_tf.fitting import FitResult
from hps_tf.geometry import axis_angle
from hps_tf.models import StagedNetwork
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE
from tests import loaded_once
from tests.data import rendered_images
from tools import build_notebooks
from trainers.configs import base

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
PUBLIC = (ROOT / "tests" / "public_names.txt").read_text().split()

each_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


@pytest.fixture(scope="module", autouse=True)
def _loaded_once():
    with loaded_once.by_everybody():
        yield


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs an example in this process; gives its output directory."""

    def run_script(name, *arguments):
        output = tmp_path / "out"
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments), "--output", str(output)])
        runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
        return output

    return run_script


@pytest.fixture
def eagerly():
    """Runs functions without graphs, which take longer to make than a few steps do."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A directory with person.png, of one rendered person, and its keypoints people.npz."""
    directory = tmp_path_factory.mktemp("rendered")
    people = PriorPeople(hps_tf.priors.load("cmu-6d-light"))
    *_, example = Generator(192, seed=0, num_vertices=3000).examples(people, "train", 5)
    Image.open(io.BytesIO(example.image)).save(directory / "person.png")
    np.savez(
        directory / "people.npz",
        keypoints=example.keypoints_2d[None],
        confidence=example.keypoint_weights[None],
        intrinsics=example.intrinsics,
        image_names=np.array(["person.png"]),
    )
    return directory


def keypoints(rendered):
    with np.load(rendered / "people.npz") as file:
        return file["keypoints"], file["confidence"] > 0


def changed_pixels(path, original):
    drawn, before = (np.asarray(Image.open(p).convert("RGB"), int) for p in (path, original))
    return (np.abs(drawn - before).max(axis=-1) > 10).mean()


def test_photo_finds_the_person_and_draws_the_body(run, rendered):
    output = run("photo", rendered / "person.png")
    true, is_labelled = keypoints(rendered)
    with np.load(output / "people.npz") as people:
        off = np.linalg.norm(people["fitted_keypoints_2d"] - true, axis=-1)
    assert np.median(off[is_labelled]) < 10
    assert (output / "person.glb").read_bytes()[:4] == b"glTF"
    assert changed_pixels(output / "person.png", rendered / "person.png") > 0.03


def test_video_follows_the_person(run, rendered, tmp_path):
    pixels = np.asarray(Image.open(rendered / "person.png"))
    with av.open(str(tmp_path / "walk.mp4"), "w") as video:
        stream = video.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 192, "yuv420p"
        stream.bit_rate = 4_000_000
        for shift in range(3):
            frame = av.VideoFrame.from_ndarray(np.roll(pixels, shift, axis=1), format="rgb24")
            video.mux(stream.encode(frame))
        video.mux(stream.encode())
    output = run("video", tmp_path / "walk.mp4")
    with av.open(str(output / "overlay.mp4")) as video:
        assert len(list(video.decode(video=0))) == 3
    glb = (output / "walk.glb").read_bytes()
    length = int.from_bytes(glb[12:16], "little")
    assert len(json.loads(glb[20 : 20 + length])["animations"]) == 1
    assert changed_pixels(output / "overlay.png", rendered / "person.png") > 0.03


def test_own_keypoints_are_fitted(run, rendered):
    output = run("own_keypoints", rendered / "people.npz", "--image_dir", rendered)
    fitted = FitResult.load(output / "fitted.npz")
    assert np.nanmean(fitted.residuals) < 3
    assert changed_pixels(output / "person.png", rendered / "person.png") > 0.03


@pytest.mark.usefixtures("eagerly")
def test_a_prior_is_trained(run):
    output = run("train_prior", "--poses", 200, "--epochs", 1)
    prior = hps_tf.priors.load(output / "prior.npz")
    assert np.isfinite(prior.log_prob(prior.sample(2, seed=0))).all()
    assert Image.open(output / "samples.png").size == (900, 240)


def test_a_prior_is_trained_on_prepared_motion(motion):
    read = runpy.run_path(str(ROOT / "examples" / "train_prior.py"))["read_poses"]
    space, poses = hps_tf.priors.load("cmu-6d-light").space, read(motion, 300)
    of_motion = np.concatenate([clip.pose for clip in read_clips(motion, "train")])[::6]
    np.testing.assert_allclose(poses, space.from_pose(of_motion), atol=1e-6)


def test_completed_poses_keep_the_seen_joints_and_differ_in_the_hidden_ones(run):
    output = run("complete_pose", "--hypotheses", 2, "--steps", 60)
    with np.load(output / "hypotheses.npz") as file:
        whole, found = (axis_angle.to_matrix(file[name]).numpy() for name in ("whole", "pose"))
    legs = [name.endswith(("hip", "knee", "ankle", "foot")) for name in JOINT_NAMES]
    off = np.linalg.norm(found - whole, axis=(-2, -1))
    apart = np.linalg.norm(found[0] - found[1], axis=(-2, -1))
    assert off[:, ~np.array(legs)].mean() < 0.2
    assert apart[legs].mean() > 2 * apart[~np.array(legs)].mean()
    assert Image.open(output / "hypotheses.png").width > 3 * 200


def test_a_served_prior_is_queried(run, monkeypatch, tmp_path, capsys):
    prior = FlowPrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1)
    (tmp_path / "tiny").mkdir()
    prior.save(tmp_path / "tiny" / "prior.npz")
    of_prior = served_model.of_prior

    def without_fits(*arguments):
        served = of_prior(*arguments)
        kept = {"prior_sample", "prior_log_prob"}
        return dataclasses.replace(
            served,
            signatures={name: served.signatures[name] for name in kept},
            requests={name: served.requests[name] for name in kept},
            default="prior_log_prob",
        )

    monkeypatch.setattr(served_model, "of_prior", without_fits)
    output = run("serve_and_query", "--run", tmp_path / "tiny")
    assert (output / "tiny" / "1" / "saved_model.pb").is_file()
    assert Image.open(output / "samples.png").width > 4 * 150
    assert "log-density" in capsys.readouterr().out


@pytest.mark.usefixtures("eagerly")
def test_a_network_is_fine_tuned(run, monkeypatch, tmp_path):
    settings = base.network
    monkeypatch.setattr(base, "network", lambda preset: settings("tiny"))
    data = rendered_images.write(tmp_path / "images", train=4, val=2)
    prior = hps_tf.priors.load("cmu-6d-light")
    start = tmp_path / "tiny.npz"
    models.save(StagedNetwork("tiny", prior=prior), start)
    options = ("--validation_split", "val", "--steps", 2, "--batch_size", 2)
    output = run("finetune_coco", "--data", data, "--network", start, *options)
    log = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
    (step,) = (record for record in log if "gradient_norm" in record)
    assert step["step"] == 2
    assert 0 < step["gradient_norm"] < np.inf
    assert "vertices" not in step  # There is no supervision in 3D.
    assert models.load(output / "network.npz").options == models.load(start).options
    assert list((output / "pictures").glob("*.png"))


def test_an_own_detector_is_used(run, rendered):
    output = run("own_detector", rendered / "person.png")
    true, is_labelled = keypoints(rendered)
    with np.load(output / "people.npz") as people:
        off = np.linalg.norm(people["keypoints_2d"] - true, axis=-1)
    assert np.median(off[is_labelled]) < 8
    assert changed_pixels(output / "person.png", rendered / "person.png") > 0.03


@each_script
def test_scripts_are_short_and_say_how_they_are_run(path):
    text = path.read_text()
    summary = ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) < 60
    assert f"python examples/{path.name}" in summary
    assert "--output" in summary
    assert "Writes" in summary


@each_script
def test_scripts_use_public_names_alone(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("hps_tf"):
            for alias in node.names:
                assert f"{node.module}.{alias.name}" in PUBLIC
        if isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("hps_tf.") or alias.name in PUBLIC
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            parent = name.rpartition(".")[0]
            is_package = any(public.startswith(f"{parent}.") for public in PUBLIC)
            if name.startswith("hps_tf.") and is_package:
                assert name in PUBLIC


@pytest.mark.parametrize("name", build_notebooks.NOTEBOOKS)
def test_notebooks_are_made_of_the_scripts_and_show_their_outputs(name):
    script = (ROOT / "examples" / f"{name}.py").read_text()
    text = (ROOT / "examples" / "notebooks" / f"{name}.ipynb").read_text()
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in code]
    assert [part for part in build_notebooks.parts(script) if part not in sources] == []
    assert all(cell["execution_count"] for cell in code)
    assert "image/png" in code[-1]["outputs"][0]["data"]
    assert not any(
        place in text for place in ("/home/", "/root", "/tmp", "site-packages", str(ROOT))
    )
