import json
import sys

import numpy as np
import pytest

from hps_tf import priors
from hps_tf.priors import PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import SIX_D
from tools import publish_prior
from trainers.configs import base

BASELINES = {
    "vposer": (PoseVAE, {"latent_dim": 3}, base.vae),
    "hmr": (PoseDiscriminator, {"joint_units": 3}, base.discriminator),
}
_SCORES = dict.fromkeys(
    ("fid", "precision", "recall", "density", "coverage", "apd", "share_in_joint_ranges"), 0.25
)


@pytest.fixture(params=BASELINES)
def run(request, tmp_path):
    """A finished training run of a baseline, and the figures measured of it."""
    kind, options, settings = BASELINES[request.param]
    prior = kind(SIX_D, 0.2, hidden_units=8, **options)
    config = settings()
    config.data.path = "/somewhere/asfamc,/somewhere/more"
    config.steps = 123
    described = config.to_dict() | {"data": {"path": "asfamc,more"}}
    prior.card = {"config": described, "train_poses": 1000, "validation_poses": 100}
    prior.save(tmp_path / "prior.npz")
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    split = {
        "num_poses": 1234,
        "energy": 1.0,
        "separation": {"exchanged": 0.6, "turned": 0.7, "random": 0.8},
        "reconstruction": {"degrees": 4.5, "mpjpe_cm": 1.5, "rms_6d": 0.1},
    }
    figures = {
        "splits": {"test": split},
        "sample_split": "test",
        "sample_noise": 0.1,
        "samples": {"num_samples": 10, **_SCORES},
        "reference_samples": {"seen": _SCORES},
    }
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    return tmp_path


def test_baseline_is_published_in_half_precision_with_a_card(monkeypatch, capsys, run):
    arguments = ["--name", "cmu-it", "--run", run, "--figures", run / "figures.json"]
    arguments += ["--output", run, "--note", "What it misses."]
    monkeypatch.setattr(sys, "argv", ["tools.publish_prior", *map(str, arguments)])
    publish_prior.main()
    weights = [array for name, array in np.load(run / "cmu-it.npz").items() if "weight/" in name]
    assert {array.dtype for array in weights} == {np.dtype(np.float16)}
    published = priors.load(run / "cmu-it.npz")
    assert {"data", "command", "seed", "splits"} <= published.card.keys()
    assert "/somewhere" not in json.dumps(published.card)
    config = "prior_vposer.py" if published.preset == "vposer" else "prior_hmr.py"
    assert f"--config=trainers/configs/{config}" in published.card["command"]
    assert "--config.steps=123" in published.card["command"]
    assert "--config.data.path=asfamc,more" in published.card["command"]
    card = (run / "cmu-it.md").read_text()
    assert "| test | 1,234 | 0.600 | 0.700 | 0.800 |" in card
    assert ("| test | 4.50 | 1.50 |" in card) == (published.preset == "vposer")
    assert card.endswith("\nWhat it misses.\n")
    assert "kB" in capsys.readouterr().out
