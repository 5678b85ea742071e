import json
import sys

import numpy as np
import pytest
from PIL import Image

from hps_tf import models
from hps_tf.body import load_default
from hps_tf.cli import command, pictures, render
from hps_tf.data.images import image_dataset
from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.synthetic import Generator, Group
from hps_tf.models import PRESETS, Predictor, StagedNetwork
from hps_tf.priors import FlowPrior, PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import SIX_D
from hps_tf.visualization import prior_sheets
from tests.data.synthetic.conftest import standing


def run(monkeypatch, *arguments):
    """Runs the program; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["tools.render", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        command.run(render.main, "tools.render")
    return exit_.value.code


def clip(name, split, num_frames=3):
    pose = np.random.default_rng(len(name)).normal(scale=0.2, size=(num_frames, 24, 3))
    return MotionClip(
        name=name,
        subject=name,
        split=split,
        fps=30.0,
        pose=pose.astype(np.float32),
        translation=np.zeros((num_frames, 3), np.float32),
        source=f"{name}.bvh",
        time=np.arange(num_frames, dtype=np.float32) / 30,
    )


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "light-6d"
    directory.mkdir()
    FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1).save(directory / "prior.npz")
    return directory


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    directory = tmp_path_factory.mktemp("motion")
    motion_records.write_shards(
        directory, "train", [clip("walk", "train"), clip("jump_1", "train")]
    )
    motion_records.write_shards(directory, "test", [clip("dance", "test")])
    return directory


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch):
    monkeypatch.setattr(prior_sheets, "_NUM_PAIRS", 1)
    monkeypatch.setattr(prior_sheets, "_NUM_NEIGHBOURS", 1)
    monkeypatch.setattr(prior_sheets, "_CELL", (40, 30))


def test_prior_sheets_of_a_run_with_data(monkeypatch, capsys, tmp_path, run_directory, motion):
    output = tmp_path / "new" / "pictures"
    code = run(
        monkeypatch,
        *("prior", "--run", run_directory, "--data", motion, "--output", output),
        *("--samples", 3, "--columns", 2, "--seed", 5),
    )
    assert code == 0
    assert sorted(path.name for path in output.iterdir()) == [
        "cells.json",
        "interpolations.png",
        "neighbours.png",
        "samples.png",
    ]
    content = json.loads((output / "cells.json").read_text())
    assert (content["prior"], content["seed"]) == ("light-6d", 5)
    sheets = content["sheets"]
    assert [cell["sample"] for cell in sheets["samples.png"]["cells"]] == [0, 1, 2]
    assert [cell["share"] for cell in sheets["interpolations.png"]["cells"]] == [0.0, 1.0]
    assert all(cell["from"].startswith("dance #") for cell in sheets["interpolations.png"]["cells"])
    neighbours = sheets["neighbours.png"]["cells"][2:]
    assert {cell["clip"] for cell in neighbours} <= {"walk", "jump_1"}
    # Two columns of two rows for three samples.
    assert Image.open(output / "samples.png").width == Image.open(output / "neighbours.png").width
    assert f"to {output}" in capsys.readouterr().out


def test_prior_sheets_without_data_interpolate_between_samples(
    monkeypatch, tmp_path, run_directory
):
    arguments = ["--prior", run_directory / "prior.npz", "--samples", 1, "--columns", 2]
    assert run(monkeypatch, "prior", *arguments, "--output", tmp_path) == 0
    content = json.loads((tmp_path / "cells.json").read_text())
    assert content["prior"] == "prior"
    assert sorted(content["sheets"]) == ["interpolations.png", "samples.png"]
    assert content["sheets"]["interpolations.png"]["cells"][0]["from"] == "sample 0"


def test_auto_encoder_is_drawn_with_its_energy(monkeypatch, tmp_path):
    PoseVAE(SIX_D, 0.1, hidden_units=4, latent_dim=2).save(tmp_path / "vae.npz")
    arguments = ["--prior", tmp_path / "vae.npz", "--samples", 1, "--columns", 2]
    assert run(monkeypatch, "prior", *arguments, "--output", tmp_path / "out") == 0
    sheets = json.loads((tmp_path / "out" / "cells.json").read_text())["sheets"]
    assert "(energy per dimension)" in sheets["samples.png"]["title"]
    assert set(sheets["samples.png"]["cells"][0]) == {"sample", "energy_per_dim"}


@pytest.mark.parametrize("command_", ["prior", "gallery"])
def test_prior_without_samples_is_refused(monkeypatch, capsys, tmp_path, command_):
    PoseDiscriminator(SIX_D, 0.5, hidden_units=4).save(tmp_path / "hmr.npz")
    output = tmp_path / "out"
    assert run(monkeypatch, command_, "--prior", tmp_path / "hmr.npz", "--output", output) == 2
    assert "hmr.npz: expected a prior" in capsys.readouterr().err.splitlines()[-1]
    assert not output.exists()


def test_same_seed_gives_the_same_files(monkeypatch, tmp_path, run_directory):
    arguments = ["prior", "--run", run_directory, "--samples", 1, "--columns", 2]
    for name in ("first", "second"):
        assert run(monkeypatch, *arguments, "--seed", 1, "--output", tmp_path / name) == 0
    for name in ("samples.png", "interpolations.png", "cells.json"):
        first, second = ((tmp_path / run_ / name).read_bytes() for run_ in ("first", "second"))
        assert first == second


def test_gallery_is_one_picture(monkeypatch, capsys, tmp_path, run_directory):
    monkeypatch.setattr(pictures, "_GALLERY_ROW", (40, 90))
    output = tmp_path / "docs" / "people.png"
    arguments = ["--run", run_directory, "--people", 2, "--body", 3000]
    assert run(monkeypatch, "gallery", *arguments, "--output", output) == 0
    assert Image.open(output).size == (90, 80)
    assert f"wrote {output} (" in capsys.readouterr().out


def test_synthetic_images_are_one_picture(monkeypatch, capsys, tmp_path, run_directory):
    output = tmp_path / "new" / "sheet.png"
    arguments = ["--images", 3, "--columns", 2, "--image_size", 224, "--body", 3000]
    assert (
        run(monkeypatch, "synthetic", "--run", run_directory, *arguments, "--output", output) == 0
    )
    assert Image.open(output).width == 2 * 2 * 224 + 6 + 2 * 20
    assert f"wrote {output} (" in capsys.readouterr().out


def test_prepared_images_are_one_picture(monkeypatch, capsys, tmp_path):
    examples = Generator(32, num_vertices=3000)(Group("val", 0, standing(2), 2))
    settings = {"image_size": 32, "num_shape": 16, "settings": {}, "dropped": {}}
    image_dataset.write(tmp_path / "data", {"val": examples}, body="default", **settings)
    image_dataset.write(tmp_path / "other", {"val": examples}, body="smpl", **settings)
    arguments = ["--split", "val", "--body", 3000]
    sheets = []
    for name in ("data", "other"):
        output = tmp_path / f"{name}.png"
        code = run(
            monkeypatch, "dataset", "--data", tmp_path / name, *arguments, "--output", output
        )
        assert code == 0
        sheets.append(np.asarray(Image.open(output)))
    # Only the embedded body can be posed, so only its datasets have outlines.
    assert sheets[0].shape == sheets[1].shape
    assert (sheets[0] != sheets[1]).any()
    code = run(monkeypatch, "dataset", "--data", tmp_path / "data", "--output", tmp_path / "no.png")
    assert code == 2
    assert "expected the split 'train', received val" in capsys.readouterr().err.splitlines()[-1]


def test_what_a_network_finds_is_one_picture(monkeypatch, capsys, tmp_path):
    body = load_default(3000)
    options = PRESETS["tiny"].replaced(image_size=32, blocks=((4, 1), (8, 1), (8, 1)))
    prior = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
    network = StagedNetwork(options, prior, body.num_shape)
    models.save(network, tmp_path / "network.npz")
    examples = Generator(32, num_vertices=3000)(Group("test", 0, standing(2), 2))
    settings = {"image_size": 32, "num_shape": 16, "settings": {}, "dropped": {}}
    image_dataset.write(tmp_path / "data", {"test": examples}, body="default", **settings)
    # Compiling takes longer than these few images.
    monkeypatch.setattr(Predictor, "__call__", Predictor.predict)
    arguments = ["--network", tmp_path / "network.npz", "--data", tmp_path / "data"]
    heights = []
    for count in (1, 2, 5):
        output = tmp_path / f"{count}.png"
        assert run(monkeypatch, "network", *arguments, "--images", count, "--output", output) == 0
        heights.append(Image.open(output).height)
    assert heights[0] < heights[1] == heights[2]
    arguments[:2] = ["--run", tmp_path]
    output = tmp_path / "run.png"
    assert run(monkeypatch, "network", *arguments, "--images", 1, "--output", output) == 0
    assert run(monkeypatch, "network", *arguments, "--split", "val", "--output", "no.png") == 2
    assert "expected the split 'val', received test" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: WHAT"),
        (["prior", "--output", "OUT"], "one of the arguments --prior --run is required"),
        (["prior", "--run", "RUN"], "the following arguments are required: --output"),
        (["prior", "--prior", "a", "--run", "b"], "not allowed with argument --prior"),
        (["prior", "--prior", "nobody", "--output", "OUT"], "nobody: no such prior; expected"),
        (["prior", "--run", "OUT", "--output", "OUT"], "training run, received no such directory"),
        (["prior", "--run", "RUN", "--output", "OUT", "--samples", "0"], "at least 1, received 0"),
        (["prior", "--run", "RUN", "--output", "OUT", "--columns", "1"], "at least 2, received 1"),
        (["prior", "--run", "RUN", "--output", "OUT", "--seed", "x"], "invalid whole number"),
        (["prior", "--run", "RUN", "--output", "OUT", "--body", "1000"], "invalid choice: 1000"),
        (
            ["prior", "--run", "RUN", "--output", "OUT", "--data", "DATA", "--split", "val"],
            "expected clips of split 'val', received none",
        ),
        (["prior", "--run", "RUN", "--output", "OUT", "--data", "OUT"], "expected prepared motion"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    monkeypatch, capsys, tmp_path, run_directory, motion, arguments, message
):
    output = tmp_path / "output"
    places = {"OUT": output, "RUN": run_directory, "DATA": motion}
    code = run(monkeypatch, *(places.get(argument, argument) for argument in arguments))
    error = capsys.readouterr().err
    assert code == 2
    assert message in error.splitlines()[-1]
    assert "Traceback" not in error
    assert not output.exists()


def test_output_that_is_a_file_is_named(monkeypatch, capsys, tmp_path, run_directory):
    output = tmp_path / "file"
    output.write_text("keep")
    arguments = ["prior", "--run", run_directory, "--samples", 1, "--columns", 2]
    assert run(monkeypatch, *arguments, "--output", output) == 2
    assert capsys.readouterr().err == f"tools.render: error: {output}: File exists\n"
    assert output.read_text() == "keep"
