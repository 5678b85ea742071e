import hashlib
import json
import shlex

import numpy as np
import pytest

from hps_tf import models, priors
from hps_tf.errors import InputError
from hps_tf.evaluation.network_figures import MEANS
from hps_tf.models import PRESETS, StagedNetwork
from tools import publish_network
from tools.publication import network as publication
from trainers import arguments
from trainers.configs import photo, quickstart


@pytest.fixture(scope="module")
def network():
    return StagedNetwork(PRESETS["tiny"], priors.load("cmu-6d-light"), 16)


@pytest.fixture
def run_dir(network, tmp_path):
    """A finished training run, on data somewhere on this machine."""
    config = quickstart.get_config()
    config.steps = 123
    config.data.labelled.path = "/somewhere/private/mocap_a"
    directory = tmp_path / "run"
    directory.mkdir()
    network.card = {"config": config.to_dict(), "num_parameters": network.num_parameters}
    models.save(network, directory / "network.npz")
    (directory / "config.json").write_text(json.dumps(config.to_dict()))
    return directory


@pytest.fixture
def figures(network):
    alone = dict.fromkeys(MEANS, 12.25) | {"part_iou": 0.5, "mpvpe_mm": None}
    return {
        "network": "run",
        "data": "mocap_test",
        "split": "test",
        "num_parameters": network.num_parameters,
        "num_images": 1234,
        **alone,
        "rows": {
            "network": alone | {"per_joint_mm": {"jaw": 1.0}, "per_action_mm": {"walk": 1.0}},
            "ka+ba": alone | {"mpjpe_mm": 10.75},
        },
    }


@pytest.fixture
def publish(run_dir, tmp_path):
    def publish(figures, *options, name="synthetic-it"):
        (tmp_path / "figures.json").write_text(json.dumps(figures))
        publish_network.main(
            [
                *("--run", str(run_dir), "--name", name),
                *("--figures", str(tmp_path / "figures.json")),
                *("--output", str(tmp_path / "pretrained"), *options),
            ]
        )
        return (tmp_path / "pretrained" / f"{name}.md").read_text()

    return publish


def test_network_is_published_in_half_precision_with_a_card(publish, figures, network, tmp_path):
    card = publish(figures, "--note", "What it misses.")
    file = tmp_path / "pretrained" / "synthetic-it.npz"
    with np.load(file) as arrays:
        weights = [array for name, array in arrays.items() if name.startswith("weight/")]
    assert {array.dtype for array in weights} == {np.dtype(np.float16)}
    published = models.load(file)
    assert published.card["figures"][0]["num_images"] == 1234
    assert "per_joint_mm" not in json.dumps(published.card)
    assert hashlib.sha256(file.read_bytes()).hexdigest() in card
    assert f"{network.num_parameters:,} parameters" in card
    assert "| network alone | 12.2 | 12.2 | 12.2 | 12.2 | 0.500 | 12.250 |" in card
    assert "| + OPT (KA+BA) | 10.8 |" in card
    assert "MPVPE" not in card
    assert "synthetic images only" in card
    assert card.endswith("\nWhat it misses.\n")


def test_card_tells_a_command_that_trains_the_same(publish, figures, run_dir, tmp_path):
    card = publish(figures)
    command = models.load(tmp_path / "pretrained" / "synthetic-it.npz").card["command"]
    assert command in card
    assert "private" not in card + command
    _, _, _, *options = shlex.split(command)
    config = arguments.parse(options).config
    wanted = arguments.load(run_dir / "config.json")
    wanted.data.labelled.path = "mocap_a"
    assert config.to_dict() == wanted.to_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_parameters": 1}, "'num_parameters': expected the run's 7.*, received 1"),
        ({"num_images": None}, "'num_images': expected figures of tools.evaluate network"),
    ],
)
def test_figures_of_something_else_are_refused(publish, figures, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        publish(figures | changes)
    assert not (tmp_path / "pretrained").exists()


def test_a_network_that_is_too_large_is_not_written(monkeypatch, publish, figures, tmp_path):
    monkeypatch.setattr(publication, "MAX_BYTES", 100_000)
    with pytest.raises(InputError, match=r"expected at most 0\.1 MB, received 1\."):
        publish(figures)
    assert not list((tmp_path / "pretrained").iterdir())


def test_weights_beyond_half_precision_are_refused(publish, figures, run_dir, tmp_path):
    broken = models.load(run_dir / "network.npz")
    broken.weights[0].assign(np.full(broken.weights[0].shape, 1e6))
    models.save(broken, run_dir / "network.npz")
    with pytest.raises(InputError, match=r"expected weights up to 65504, .*received 1e"):
        publish(figures)
    assert not list((tmp_path / "pretrained").iterdir())


def test_a_name_that_is_no_file_name_is_refused(publish, figures):
    with pytest.raises(InputError, match=r"--name: expected lower-case words.*'\.\./it'"):
        publish(figures, name="../it")


def test_a_run_of_no_known_config_is_refused(publish, figures, run_dir):
    config = quickstart.get_config()
    config.data.more = config.data.weak
    (run_dir / "config.json").write_text(json.dumps(config.to_dict()))
    with pytest.raises(InputError, match=r"expected a run of one of .*configs, received one with"):
        publish(figures)


def test_a_network_over_movenet_says_whose_keypoints_it_has(run_dir, figures, publish, tmp_path):
    options = PRESETS["photo"].replaced(lifting_width=8, lifting_blocks=1)
    network = StagedNetwork(options, priors.load("cmu-6d-light"), 16)
    config = photo.get_config()
    config.network.lifting = "/somewhere/private/lifting.npz"
    config.data.a.path = config.data.b.path = "/somewhere/private/images"
    (run_dir / "config.json").write_text(json.dumps(config.to_dict()))
    models.save(network, run_dir / "network.npz")
    figures |= {"num_parameters": network.num_parameters, "labelled": ["keypoints"]}
    card = publish(figures)
    assert "MoveNet Thunder, the embedded detector, frozen; its weights (sha256 `" in card
    assert network.front.digest in card
    assert "--config.network.lifting=lifting.npz" in card
    assert "/somewhere" not in card
    assert "mocap_test, split test, 1,234 images, keypoints of the labels:" in card
    file = tmp_path / "pretrained" / "synthetic-it.npz"
    assert models.load(file).card["figures"][0]["labelled"] == ["keypoints"]
