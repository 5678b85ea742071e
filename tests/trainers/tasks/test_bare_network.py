import pytest

from hps_tf import models
from hps_tf.errors import InputError
from tools import prepare_synthetic
from trainers import tasks
from trainers.configs import base
from trainers.tasks import network_report


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


@pytest.fixture
def config(images):
    config = base.network("tiny")
    config.task = "bare_network"
    config.batch_size = 4
    config.data = {"weak": base.source()}
    config.data.weak.path = str(images)
    config.phases.supervised.data = {"weak": 1.0}
    return config


def test_it_leaves_figures_that_the_labels_allow_and_weights_alone(config, tmp_path):
    task = tasks.create(config.lock())
    network = task.build()
    summary = task.finish(tmp_path)
    figures = summary["validation"]["weak"]
    assert figures["keypoint_error_px"] > 0
    assert 0 <= figures["part_iou"] < 1
    assert "mpjpe_mm" not in figures
    card = models.load(tmp_path / "network.npz").card
    assert card["validation"] == summary["validation"]
    assert card["num_parameters"] == network.num_parameters
    assert {path.name for path in tmp_path.iterdir()} == {"network.npz"}


def test_validations_measure_the_sources_named(config, monkeypatch):
    measured = []

    def errors(source, predictor, *, ground_truth_evidence):
        measured.append((source, ground_truth_evidence))
        return {"part_iou": 0.5}

    monkeypatch.setattr(network_report, "errors", errors)
    config.measured = ("weak",)
    task = tasks.create(config.lock())
    task.build()
    assert task.validate()["weak/part_iou"] == 0.5
    assert measured == [(config.data.weak, False)]


def test_a_measured_source_must_be_there(config):
    config.measured = ("weak", "no")
    with pytest.raises(InputError, match=r"config.measured: expected sources of weak, received no"):
        tasks.create(config.lock())
