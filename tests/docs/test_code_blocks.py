"""The Python of README and documents runs, one block after the other, with stand-ins for files."""

import json

import av
import numpy as np
import pytest
from PIL import Image

from hps_tf.body import default_body
from tests import loaded_once
from tests.docs import documents
from trainers import arguments

WITH_PYTHON = [path for path in documents.DOCUMENTS if documents.blocks(path, "python")]


@pytest.fixture(scope="module", autouse=True)
def _loaded_once():
    with loaded_once.by_everybody():
        yield


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """What the blocks read: photographs without people, a video of them, a body's file."""
    monkeypatch.chdir(tmp_path)
    pixels = np.zeros((48, 64, 3), np.uint8)
    for name in ("photograph.jpg", "a.jpg", "b.png"):
        Image.fromarray(pixels).save(name)
    with av.open("dance.mp4", "w") as video:
        stream = video.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(2):
            video.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        video.mux(stream.encode())
    directory = tmp_path / "photographs"
    directory.mkdir()
    person = {"box": [4, 4, 40, 40], "keypoints": [[20, 20, 1]] * 17}
    unlabelled = {"box": [4, 4, 40, 40], "keypoints": [[0, 0, 0]] * 17}
    for number in range(2):
        Image.fromarray(pixels).save(directory / f"{number}.png")
        (directory / f"{number}.json").write_text(json.dumps([person, unlabelled]))
    data = default_body.read(3000)
    names = ("template", "shapedirs", "template_joints", "joint_shapedirs", "weights", "faces")
    names = (*names, "vertex_parts", "rest_rotations")
    np.savez("mine.npz", **{name: getattr(data, name) for name in names})
    return {"array": pixels}


@pytest.fixture
def _forgets(monkeypatch):
    """Terms and backbones that blocks register are forgotten."""
    from hps_tf.models import backbone, total_loss

    monkeypatch.setattr(total_loss, "_TERMS", dict(total_loss._TERMS))
    monkeypatch.setattr(backbone, "_STACKS", dict(backbone._STACKS))


@pytest.mark.parametrize("path", WITH_PYTHON, ids=documents.name)
@pytest.mark.usefixtures("_forgets")
def test_blocks_run_one_after_the_other(path, stand_ins):
    space = {"__name__": "block", **stand_ins}
    for number, block in enumerate(documents.blocks(path, "python")):
        exec(compile(block, f"{documents.name(path)}, block {number + 1}", "exec"), space)
    check = CHECKS.get(documents.name(path))
    if check:
        check(space)


def _readme(space):
    assert space["people"].vertices.shape == (8, 3000, 3)
    assert space["z"].shape == (8, 126)
    assert space["fitted"].pose.shape == (2, 24, 3)
    np.testing.assert_allclose(space["fitted"].joints_3d[:, 0, 2], 4.0, atol=1.0)


def _extending(space):
    np.testing.assert_allclose(space["loaded"].stiffness, 4.0)
    assert space["manifest"]["splits"]["train"]["keypoints"] == 1
    assert space["manifest"]["dropped"] == {"no labelled keypoints": 2}
    assert "hands" in __import__("hps_tf.models").models.loss_terms()
    assert space["body"].num_shape == 16
    assert space["people"].joints_3d.shape == (1, 24, 3)


def _distributed(space):
    keras_tuner = pytest.importorskip("keras_tuner")
    config = arguments.load(arguments.CONFIGS / "prior_light.py")
    space["choose"](keras_tuner.HyperParameters(), config)
    assert config.prior.options.num_steps == 4


def _prior(space):
    errors = np.linalg.norm(space["clean"].joints - space["joints"], axis=2)
    assert errors.mean() < np.linalg.norm(space["noise"], axis=2).mean()
    spread = space["several"].joints.std(axis=1).mean(axis=(0, 2))
    assert spread[20] > 3 * spread[18]


CHECKS = {
    "README.md": _readme,
    "docs/distributed.md": _distributed,
    "docs/extending.md": _extending,
    "docs/prior.md": _prior,
}
