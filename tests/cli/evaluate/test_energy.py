import json
import sys

import numpy as np
import pytest

from hps_tf.cli import evaluate as program
from hps_tf.errors import InputError
from hps_tf.evaluation import energy_figures as energy
from hps_tf.priors import PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D


@pytest.fixture
def vae():
    return PoseVAE(SIX_D, 0.2, hidden_units=8, latent_dim=3)


def test_a_prior_that_knows_the_data_tells_it_from_wrong_poses(prior, data_poses):
    figures = energy.measure(prior, data_poses)
    assert list(figures["splits"]) == ["train", "val", "test"]
    train = figures["splits"]["train"]
    assert train["num_poses"] == 120
    x = AXIS_ANGLE.from_pose(data_poses["train"])
    assert train["energy"] == pytest.approx(-np.mean(prior.log_prob(x)), rel=1e-3)
    assert train["separation"].keys() == {"exchanged", "turned", "random"}
    assert train["separation"]["random"] > 0.99
    assert train["separation"]["turned"] > 0.8
    assert train["separation"]["exchanged"] == pytest.approx(0.5, abs=0.15), "joints independent"
    assert "samples" not in figures


def test_auto_encoder_is_measured_by_reconstruction_and_samples_too(vae, data_poses):
    figures = energy.measure(vae, data_poses)
    errors = figures["splits"]["test"]["reconstruction"]
    assert errors.keys() == {"degrees", "mpjpe_cm", "rms_6d"}
    assert errors["degrees"] > 1
    assert figures["samples"]["num_samples"] == len(data_poses["test"])
    assert figures["sample_split"] == "test"


def test_program_prints_and_writes_the_figures(monkeypatch, capsys, data_dir, tmp_path):
    PoseDiscriminator(SIX_D, 0.5, hidden_units=4).save(tmp_path / "prior.npz")
    arguments = ["energy", "--run", tmp_path, "--data", data_dir, "--json", tmp_path / "a.json"]
    monkeypatch.setattr(sys, "argv", ["tools.evaluate", *map(str, arguments)])
    program.main()
    written = json.loads((tmp_path / "a.json").read_text())
    assert (written["prior"], written["preset"]) == (tmp_path.name, "hmr")
    table = capsys.readouterr().out
    assert "hmr over 6d" in table
    assert f"{written['splits']['val']['separation']['turned']:.3f}" in table


def test_prior_without_a_density_is_refused_where_one_is_rated(
    monkeypatch, vae, data_dir, tmp_path
):
    vae.save(tmp_path / "prior.npz")
    arguments = ["prior", "--run", tmp_path, "--data", data_dir, "--json", tmp_path / "a.json"]
    monkeypatch.setattr(sys, "argv", ["tools.evaluate", *map(str, arguments)])
    with pytest.raises(InputError, match="expected a prior with a density"):
        program.main()
    assert not (tmp_path / "a.json").exists()
