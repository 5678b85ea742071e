import sys
from pathlib import Path

import pytest

from hps_tf import priors
from hps_tf.errors import InputError
from hps_tf.priors import FlowPrior
from hps_tf.priors.pose_space import SIX_D
from tools.reproduce import trained_priors
from tools.reproduce.rows import ROWS
from tools.reproduce.trained_priors import TrainedPriors
from trainers import arguments


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs")
    for name in ("flow-wide-6d-s0", "flow-wide-6d-s2", "flow-same-6d-s0", "flow-wide-6d-s1x"):
        (directory / name).mkdir()
        prior = FlowPrior(SIX_D, 0.1, "light", num_steps=1, num_joint_steps=1)
        prior.card = {"config": {"steps": 1500}} if "wide" in name else {}
        prior.save(directory / name / "prior.npz")
    (directory / "flow-wide-6d-s1").mkdir()
    return directory


def test_seeds_are_those_of_finished_runs(runs):
    found = TrainedPriors(runs)
    assert found.seeds("flow-wide-6d") == (0, 2)
    assert found.seeds("flow-same-6d") == (0,)
    assert found.seeds("vposer-wide") == ()


def test_a_prior_is_loaded_once_and_told_by_its_digest(runs):
    found = TrainedPriors(runs)
    assert found.load("flow-wide-6d", 2) is found.load("flow-wide-6d", 2)
    assert len(found.digest("flow-wide-6d", 2)) == 16


def test_a_family_is_described_by_its_seeds_and_steps(runs):
    found = TrainedPriors(runs)
    assert found.description("flow-wide-6d") == "flow-wide-6d (2 seeds, at most 1,500 steps)"
    assert found.description("flow-same-6d") == "flow-same-6d (1 seed)"


def test_pretrained_priors_stand_in_with_one_seed():
    found = TrainedPriors(None)
    assert found.seeds("flow-wide-6d") == (0,)
    assert found.seeds("flow-same-6d") == ()
    assert found.load("flow-wide-6d", 0).space is SIX_D
    assert "cmu-6d-realnvp" in priors.list_pretrained()


def test_missing_runs_are_listed_first_seeds_first(runs):
    missing = trained_priors.missing_runs(runs, ROWS)
    assert missing[0] == ("flow-wide-aa", 0)
    assert ("flow-wide-6d", 1) in missing
    assert ("flow-wide-6d", 0) not in missing
    assert [seed for _, seed in missing] == sorted(seed for _, seed in missing)
    assert len(missing) == 3 * 6 - 3


@pytest.mark.parametrize("family", ["flow-wide-6d", "flow-same-aa", "vposer-wide", "hmr-wide"])
def test_training_commands_are_ones_that_the_trainer_accepts(family):
    data = [Path("cmu"), Path("more")]
    command = trained_priors.training_command(Path("runs"), family, 2, data, 500)
    assert command[:3] == [sys.executable, "-m", "trainers.train"]
    config, workdir, *_ = arguments.parse(command[3:])
    assert workdir == Path("runs") / f"{family}-s2"
    assert (config.seed, config.steps) == (2, 500)
    assert config.data.path == ("cmu" if "same" in family else "cmu,more")


def test_a_failing_training_is_reported(runs, monkeypatch, tmp_path):
    monkeypatch.setattr(
        trained_priors, "training_command", lambda *_: [sys.executable, "-c", "raise SystemExit(2)"]
    )
    with pytest.raises(InputError, match="training hmr-wide-s0 ended with exit code 2"):
        trained_priors.train(tmp_path, "hmr-wide", 0, [Path("cmu")], 10)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(InputError, match=r"--priors .*nowhere: expected a directory of runs"):
        TrainedPriors(tmp_path / "nowhere")
