import pytest

from hps_tf import models
from hps_tf.errors import InputError
from tools import prepare_synthetic
from trainers import tasks
from trainers.configs import base
from trainers.tasks.network import NetworkTask


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    directory = tmp_path_factory.mktemp("images") / "weak"
    prepare_synthetic.main(
        [
            *(f"--output={directory}", "--num_images=10", "--image_size=64", "--labels=2d"),
            *("--splits=train=0.6,val=0.4", "--workers=1"),
        ]
    )
    return directory


def config(images, measured):
    config = base.network("tiny")
    config.task = "measured_network"
    config.measured = measured
    config.batch_size = 4
    config.data = {"weak": base.source()}
    config.data.weak.path = str(images)
    config.phases.supervised.data = {"weak": 1.0}
    return config.lock()


def test_the_measured_source_must_be_there(images):
    with pytest.raises(InputError, match=r"config.measured must be empty or one of weak, got 'no'"):
        tasks.create(config(images, "no"))


def test_validations_have_the_figures_that_the_labels_allow(images, tmp_path, monkeypatch):
    monkeypatch.setattr(NetworkTask, "validate", lambda self: {"loss": 2.0})
    task = tasks.create(config(images, "weak"))
    network = task.build()
    values = task.validate()
    assert values["loss"] == 2.0
    assert values["weak/keypoint_error_px"] > 0
    assert 0 <= values["weak/part_iou"] < 1
    assert "weak/mpjpe_mm" not in values

    summary = task.finish(tmp_path)
    assert summary["validation"]["weak"]["part_iou"] == values["weak/part_iou"]
    card = models.load(tmp_path / "network.npz").card
    assert card["validation"] == summary["validation"]
    assert card["num_parameters"] == network.num_parameters
    assert {path.name for path in tmp_path.iterdir()} == {"network.npz"}


def test_without_a_measured_source_validations_have_the_losses_alone(images, monkeypatch):
    monkeypatch.setattr(NetworkTask, "validate", lambda self: {"loss": 2.0})
    assert tasks.create(config(images, "")).validate() == {"loss": 2.0}
