import json
import sys

import numpy as np
import pytest

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior, PoseDiscriminator, PoseVAE
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
    config = "prior_vposer.py" if published.architecture == "vposer" else "prior_hmr.py"
    assert f"--config=trainers/configs/{config}" in published.card["command"]
    assert "--config.steps=123" in published.card["command"]
    assert "--config.data.path=asfamc,more" in published.card["command"]
    card = (run / "cmu-it.md").read_text()
    assert "| test | 1,234 | 0.600 | 0.700 | 0.800 |" in card
    assert ("| test | 4.50 | 1.50 |" in card) == (published.architecture == "vposer")
    assert card.endswith("\nWhat it misses.\n")
    assert "kB" in capsys.readouterr().out


def _flow_figures(nll, sigma=0.2, num_parameters=16380):
    values = {"nll_per_dim": nll, "gaussian_nll_per_dim": -0.4, "gmm8_nll_per_dim": -0.5}
    median = {"prior": nll, "gaussian": -0.4, "gmm8": -0.5}
    return {
        "preset": "light",
        "space": "6d",
        "sigma": sigma,
        "num_parameters": num_parameters,
        "noise_seed": 0,
        "round_trip_max_error": 1e-6,
        "sample_split": "test",
        "splits": {"test": values | {"median": median, "num_poses": 1234}},
        "samples": {"num_samples": 10, **_SCORES},
        "reference_samples": {"seen": _SCORES},
    }


@pytest.fixture
def publish(monkeypatch, tmp_path):
    def publish(figures, *options):
        paths = [tmp_path / f"figures_{number}.json" for number in range(len(figures))]
        for path, content in zip(paths, figures, strict=True):
            path.write_text(json.dumps(content))
        arguments = ["--name", "cmu-it", "--output", tmp_path, "--figures", *paths, *options]
        monkeypatch.setattr(sys, "argv", ["tools.publish_prior", *map(str, arguments)])
        publish_prior.main()
        return (tmp_path / "cmu-it.md").read_text()

    return publish


@pytest.fixture
def published_flow(publish, tmp_path):
    """The card of a flow published with a seed at each of two sigmas, and a note."""
    prior = FlowPrior(SIX_D, 0.2, "light", num_steps=1, num_joint_steps=0)
    config = base.prior(preset="light", space="6d").to_dict()
    prior.card = {"config": {"data": {"path": "asfamc"}}}
    prior.card |= {"train_poses": 1000, "validation_poses": 100}
    prior.save(tmp_path / "prior.npz")
    (tmp_path / "config.json").write_text(json.dumps(config))
    figures = [_flow_figures(-0.6), _flow_figures(-1.6, sigma=0.1)]
    return publish(figures, "--run", tmp_path, "--note", "What it misses.")


def test_more_seeds_enter_a_published_card_and_leave_the_rest(published_flow, publish, tmp_path):
    weights = (tmp_path / "cmu-it.npz").read_bytes()
    card = publish([_flow_figures(nll) for nll in (-0.6, -0.7, -0.8)])
    assert "| 0.2 | 1 | -0.600 ± 0.000 | 0.100 ± 0.000 | 0.100 ± 0.000 |" in published_flow
    assert "| 0.2 | 3 | -0.700 ± 0.100 | 0.200 ± 0.100 | 0.200 ± 0.100 |" in card
    changed = set(published_flow.splitlines()) ^ set(card.splitlines())
    assert len(changed) == 2
    assert (tmp_path / "cmu-it.npz").read_bytes() == weights


def test_another_sigma_and_another_note_enter_a_published_card(published_flow, publish):
    card = publish([_flow_figures(-2.6, sigma=0.05)], "--note", "What it misses now.")
    before, after = published_flow.splitlines(), card.splitlines()
    row = "| 0.05 | 1 | -2.600 ± 0.000 | 2.100 ± 0.000 | 2.100 ± 0.000 |"
    first = next(number for number, line in enumerate(before) if line.startswith("| 0.1 |"))
    assert after == [*before[:first], row, *before[first:-1], "What it misses now."]


def test_figures_of_another_architecture_are_refused(published_flow, publish):
    with pytest.raises(InputError, match=r"figures_0.json: .*`num_parameters` 16380, received 1"):
        publish([_flow_figures(-0.6, num_parameters=1)])
