import json

import numpy as np
import pytest
from PIL import Image

from hps_tf.data.mocap import motion_records
from hps_tf.priors import FlowPrior, GaussianMixture, pose_space
from tools.reproduce import cross_validation, cross_validation_report, parsers
from tools.reproduce.cross_validation_report import Measured

NOVELTY = {"01": 0.02, "02": 0.05, "03": 0.09}


@pytest.fixture
def motion(tmp_path, make_clip):
    """Prepared motion of five people of two splits."""
    directory = tmp_path / "motion"
    directory.mkdir()
    for split, people in (("train", (1, 2, 3)), ("test", (4, 5))):
        clips = [make_clip(f"{person:02d}_01", 5 + person, split, person) for person in people]
        motion_records.write_shards(directory, split, clips)
    return directory


@pytest.fixture
def trained(monkeypatch):
    """Untrained priors in place of trained ones; lists the configs of those that are asked for."""
    asked = {}

    def train(configs, directory, workers):
        for run, config in configs.items():
            path = directory / "runs" / run
            if path.exists():
                continue
            asked[run] = config
            path.mkdir(parents=True)
            space = pose_space.get(config.prior.space)
            prior = FlowPrior(space, config.prior.sigma, "light", num_steps=1, num_joint_steps=1)
            wide = GaussianMixture.gaussian(np.zeros(space.dim), 4.0 * np.eye(space.dim))
            narrow = GaussianMixture.gaussian(np.zeros(space.dim), np.eye(space.dim))
            prior.references = {"gaussian": wide, "gmm8": narrow}
            prior.save(path / "prior.npz")

    monkeypatch.setattr(cross_validation.network_trainings, "train", train)
    return asked


def test_everybody_is_measured_by_priors_that_had_not_seen_them(
    reproduce, motion, tmp_path, capsys, trained
):
    output = tmp_path / "results"
    arguments = ["cross_validation", "--data", motion, "--output", output, "--folds", 3]
    arguments += ["--kinds", "6d-light", "aa-light", "--steps", 30]
    assert reproduce(*arguments, "--report", tmp_path / "also.md") in (0, None)
    runs = [f"{kind}-fold{fold}" for fold in range(3) for kind in ("6d-light", "aa-light")]
    assert list(trained) == runs
    report = (output / "cross_validation.md").read_text()
    assert report in capsys.readouterr().out
    assert (tmp_path / "also.md").read_text() == report
    assert Image.open(tmp_path / "cross_validation.png").width > 700
    for row in json.loads((output / "cross_validation.json").read_text())["priors"]:
        assert {name: each["frames"] for name, each in row["people"].items()} == {
            f"{person:02d}": 5 + person for person in (1, 2, 3, 4, 5)
        }
        for each in (*row["people"].values(), *row["folds"]):
            nll = each["nll_per_dim"]
            # An untrained prior is the narrower of its references.
            assert nll["prior"] == pytest.approx(nll["gmm8"], abs=1e-4)
            assert nll["gaussian"] > nll["gmm8"]
            assert each["gain"] == pytest.approx(0, abs=1e-4)
        for each in row["folds"]:
            nll = each["training_nll_per_dim"]
            assert nll["prior"] == pytest.approx(nll["gmm8"], abs=1e-4)
        assert all(each["novelty"] > 0.01 for each in row["people"].values())

    parts = {path: path.stat().st_mtime_ns for path in (output / "parts").iterdir()}
    assert len(parts) == len(runs) + 3
    trained.clear()
    assert reproduce(*arguments) in (0, None)
    assert not trained
    assert {path: path.stat().st_mtime_ns for path in (output / "parts").iterdir()} == parts
    assert reproduce(*arguments, "--steps", 40) == 2
    assert "steps" in capsys.readouterr().err


def test_priors_are_trained_by_their_configs_on_what_holds_a_fold_out(
    reproduce, motion, tmp_path, trained
):
    output = tmp_path / "results"
    command = ("cross_validation", "--data", motion, "--output", output, "--folds", 3)
    settings = ("--kinds", "aa-realnvp", "--seed", 4, "--sigma", 0.03)
    assert reproduce(*command, *settings) in (0, None)
    for fold in range(3):
        config = trained[f"aa-realnvp-fold{fold}"]
        assert config.data.path == str(output.resolve() / "data" / f"fold{fold}")
        assert (config.prior.preset, config.prior.space) == ("realnvp", "axis_angle")
        assert config.prior.sigma == 0.03
        assert (config.seed, config.steps) == (4, cross_validation.prior_realnvp.get_config().steps)


def test_noise_without_a_size_is_refused(reproduce, motion, tmp_path, trained, capsys):
    command = ("cross_validation", "--data", motion, "--output", tmp_path / "results")
    assert reproduce(*command, "--sigma", "0") == 2
    assert "--sigma: expected a number above 0, received 0.0" in capsys.readouterr().err


def test_the_program_offers_the_kinds_there_are():
    assert tuple(cross_validation.KINDS) == parsers._KINDS


def test_novelty_is_the_distance_of_joints_to_the_nearest_pose():
    known = np.zeros((2, 69))
    known[1] = 10.0
    place = np.zeros((1, 69))
    place[0, :3] = (0.0, 0.3, 0.4)  # One of 23 joints is half a metre off.
    nearest = cross_validation._nearest(place, known)
    np.testing.assert_allclose(nearest, 0.5 / np.sqrt(23))


def _measured(kind, gains):
    """Four frames of each person; the mixture is the better reference for person 02 alone."""
    nll = {"prior": {}, "gaussian": {}, "gmm8": {}}
    for name, gain in zip(NOVELTY, gains, strict=True):
        nll["prior"][name] = np.array([-1.5, -0.5, -1.0, -1.0])
        nll["gaussian"][name] = nll["prior"][name] + gain + (0.2 if name == "02" else 0.0)
        nll["gmm8"][name] = nll["prior"][name] + gain + (0.0 if name == "02" else 0.3)
    of_training = {"prior": (-1.2, -1.3), "gaussian": (-1.0, -1.2), "gmm8": (-0.9, -1.25)}
    return Measured(kind, {"01": 0, "02": 1, "03": 1}, nll, of_training)


def test_gains_are_over_the_better_reference_of_a_person_or_fold():
    measured = _measured("6d-light", (0.3, 0.2, 0.1))
    np.testing.assert_allclose(measured.gains(), (0.3, 0.2, 0.1))
    # In the second fold the Gaussian is 0.4 and 0.1 worse, the mixture 0.2 and 0.4.
    np.testing.assert_allclose(measured.fold_gains(), (0.3, 0.25))
    (row,) = cross_validation_report.json_rows([measured], NOVELTY)
    assert (row["goal"], row["share_with_gain"]) == (0.1, 1.0)
    assert row["mean_gain"] == pytest.approx(0.2)
    assert row["rank_correlation"] == pytest.approx(-1)
    low, high = row["ci95_mean_gain"]
    assert 0.1 - 1e-9 < low < 0.2 < high < 0.3 + 1e-9


def test_the_report_shows_folds_people_and_the_lowest():
    measured = [_measured("6d-light", (0.3, 0.2, 0.1)), _measured("aa-light", (0.1, -0.2, 0.1))]
    text = cross_validation_report.markdown(measured, NOVELTY, ["A fact."], "picture.png")
    assert "- A fact." in text
    assert "| 6d-light | 0.1 | 0.300, 0.250 | 0.200 [" in text
    assert "-0.200 (02) | 67 %" in text
    assert (
        "| 6d-light | 1 | 02, 03 | 8 | -1.000 | -0.750 | -0.700 | 0.250 | -1.300 | 0.050 |" in text
    )
    assert "| 03 | 1 | 4 | 9.0 | 0.100 | 0.100 |" in text
    assert cross_validation_report.curves(measured, NOVELTY).ndim == 3
