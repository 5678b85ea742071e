import functools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from hps_tf.cli import evaluate as program
from hps_tf.cli.evaluate import prior_report
from hps_tf.evaluation import prior_figures as evaluation
from hps_tf.evaluation import prior_speed
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import AXIS_ANGLE

SCORES = {"fid", "precision", "recall", "density", "coverage", "apd"}


@pytest.fixture(scope="module", autouse=True)
def _timed_once():
    """XLA compiles a prior's functions once, for all sets of poses that it is measured on."""
    with pytest.MonkeyPatch.context() as patch:
        timed = functools.cache(prior_speed.poses_per_second)
        patch.setattr(prior_speed, "poses_per_second", timed)
        yield


@pytest.fixture(scope="module")
def figures(prior, data_poses):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "NUM_TRAIN_POSES", 50)
        return evaluation.measure(prior, data_poses)


def test_likelihoods_of_a_gaussian_are_its_closed_form(figures, data_poses, prior):
    deviation = np.hypot(0.3, prior.sigma)
    noise = np.random.default_rng(evaluation.NOISE_SEED).standard_normal((60, 63), np.float32)
    x = data_poses["test"][:, 1:22].reshape(60, 63) + prior.sigma * noise
    expected = -stats.norm(scale=deviation).logpdf(x).mean(axis=1)
    test = figures["splits"]["test"]
    assert test["nll_per_dim"] == pytest.approx(expected.mean(), rel=1e-5)
    assert test["median"]["prior"] == pytest.approx(np.median(expected), rel=1e-5)
    assert test["quantiles"]["prior"][95] == pytest.approx(np.percentile(expected, 95), rel=1e-5)


def test_prior_that_is_the_gaussian_scores_as_the_gaussian(figures):
    for split in ("train", "val", "test"):
        scores = figures["splits"][split]
        assert scores["nll_per_dim"] == pytest.approx(scores["gaussian_nll_per_dim"], abs=1e-5)
        assert scores["nll_per_dim"] != pytest.approx(scores["gmm8_nll_per_dim"], abs=0.1)


def test_people_who_move_differently_are_less_likely(figures):
    splits = figures["splits"]
    assert splits["test"]["nll_per_dim"] > splits["val"]["nll_per_dim"] + 1.0
    assert splits["val"]["nll_per_dim"] == pytest.approx(splits["train"]["nll_per_dim"], abs=0.1)


def test_train_split_alone_is_subsampled(figures):
    assert {split: scores["num_poses"] for split, scores in figures["splits"].items()} == {
        "train": 50,
        "val": 60,
        "test": 60,
    }


def test_samples_are_as_many_as_held_out_poses(figures):
    assert figures["sample_split"] == "test"
    for scores in (figures["samples"], *figures["reference_samples"].values()):
        assert scores["num_samples"] == 60
        assert scores.keys() >= SCORES
    assert figures["reference_samples"].keys() == {"gaussian", "gmm8", "seen"}


def test_wider_samples_are_more_diverse_and_leave_the_ranges(figures):
    samples = figures["reference_samples"]
    assert samples["gmm8"]["apd"] > 1.2 * samples["gaussian"]["apd"]
    assert samples["gmm8"]["share_in_joint_ranges"] < samples["gaussian"]["share_in_joint_ranges"]
    assert samples["seen"]["share_in_joint_ranges"] == 1.0


def test_round_trip_is_exact_to_single_precision_and_really_computed(figures):
    assert 0.0 < figures["round_trip_max_error"] < 1e-5


def test_prior_whose_density_is_not_finite_is_refused(data_poses, prior):
    broken = FlowPrior(AXIS_ANGLE, prior.sigma, "light", num_steps=1, num_joint_steps=1)
    broken.references = prior.references
    broken.whitening.mean.assign(np.full(broken.whitening.mean.shape, np.nan))
    with pytest.raises(ValueError, match="prior: log-density not finite at 120 poses of train"):
        evaluation.measure(broken, data_poses)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["tools.evaluate", *map(str, arguments)])
    program.main()


def test_program_prints_the_table_and_writes_the_same_figures(
    monkeypatch, capsys, figures, prior_file, data_dir, tmp_path
):
    path = tmp_path / "figures.json"
    monkeypatch.setattr(evaluation, "measure", lambda *_: figures)
    run(monkeypatch, "prior", "--prior", prior_file, "--data", data_dir, "--json", path)
    written = json.loads(path.read_text())
    assert written["prior"] == "prior"
    assert written["splits"]["val"]["nll_per_dim"] == figures["splits"]["val"]["nll_per_dim"]
    assert written.keys() >= {"num_parameters", "sigma", "samples", "round_trip_max_error"}
    table = capsys.readouterr().out
    assert "light over axis_angle" in table
    assert f"{figures['splits']['val']['gmm8_nll_per_dim']:.3f}" in table
    assert f"{figures['samples']['fid']:.4f}" in table


def test_prior_of_a_run_is_called_after_its_directory(
    monkeypatch, figures, prior_file, data_dir, tmp_path
):
    monkeypatch.setattr(evaluation, "measure", lambda *_: figures)
    path = tmp_path / "figures.json"
    run(monkeypatch, "prior", "--run", prior_file.parent, "--data", data_dir, "--json", path)
    assert json.loads(path.read_text())["prior"] == prior_file.parent.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prior", "no-such"], "no-such: no such prior"),
        (
            ["--run", "no-such"],
            "no-such: expected the directory of a training run, received no such",
        ),
        (["--data", "no-such"], "no-such"),
        (["--json", "no-such/figures.json"], "there is no directory no-such"),
    ],
)
def test_wrong_input_is_named(monkeypatch, prior_file, data_dir, tmp_path, arguments, message):
    options = {"--prior": prior_file, "--data": data_dir, "--json": tmp_path / "figures.json"}
    if arguments[0] == "--run":
        del options["--prior"]
    options |= dict([arguments])
    flat = [text for option in options.items() for text in option]
    with pytest.raises((ValueError, OSError), match=message):
        run(monkeypatch, "prior", *flat)
    assert not (tmp_path / "figures.json").exists()


def test_prior_without_references_is_refused(monkeypatch, data_dir, tmp_path):
    FlowPrior(AXIS_ANGLE, 0.1, "light", num_steps=1, num_joint_steps=1).save(tmp_path / "bare.npz")
    with pytest.raises(ValueError, match="bare: expected a prior stored with its gaussian"):
        run(
            monkeypatch,
            *("prior", "--prior", tmp_path / "bare.npz"),
            *("--data", data_dir, "--json", tmp_path / "figures.json"),
        )


def test_the_run_of_a_network_is_told_where_it_is_measured(monkeypatch, data_dir, tmp_path):
    (tmp_path / "network.npz").touch()
    arguments = ("--run", tmp_path, "--data", data_dir, "--json", tmp_path / "figures.json")
    expected = "received that of a network; measure it with `hps evaluate network`"
    with pytest.raises(ValueError, match=expected):
        run(monkeypatch, "prior", *arguments)


@pytest.mark.parametrize("split", ["test", "val", "walks"])
def test_a_held_out_split_alone_is_measured_without_joint_ranges(prior, data_poses, split):
    figures = evaluation.measure(prior, {split: data_poses["test"]})
    assert list(figures["splits"]) == [split]
    assert (figures["sample_split"], figures["range_split"]) == (split, None)
    assert figures["reference_samples"].keys() == {"gaussian", "gmm8"}
    assert figures["samples"]["share_in_joint_ranges"] is None
    assert figures["samples"]["fid"] > 0
    text = prior_report.text({"prior": "it", **figures})
    assert "joint ranges need poses of train, received none" in text
    assert text.count(" -") >= 3


def test_training_poses_alone_are_rated_and_samples_left_out(prior, data_poses):
    figures = evaluation.measure(prior, {"train": data_poses["train"]})
    assert figures["splits"]["train"]["num_poses"] == len(data_poses["train"])
    assert figures["samples"] is None
    assert "Samples are not compared" in prior_report.text({"prior": "it", **figures})


def test_too_few_held_out_poses_are_refused(prior, data_poses):
    with pytest.raises(ValueError, match="more than 5 held-out poses, received 5"):
        evaluation.measure(prior, data_poses | {"test": data_poses["test"][:5]})


def test_process_ends_with_one_line_and_code_2(tmp_path):
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "tools.evaluate", "prior", "--prior", "no-such"),
            *("--data", str(tmp_path), "--json", str(tmp_path / "figures.json")),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.splitlines()[-1].startswith("tools.evaluate: error: no-such: no such")
    assert "Traceback" not in finished.stderr
