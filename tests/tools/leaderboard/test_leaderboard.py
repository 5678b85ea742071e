"""The leaderboard with small priors, and with the solver and the samples faked."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from hps_tf.errors import InputError
from hps_tf.evaluation import prior_samples, prior_tasks
from hps_tf.evaluation.energy_figures import NoisySamples
from hps_tf.fitting.joint_recovery import Recovered
from hps_tf.fitting.pose_variables import AmbientMixture, AmbientPrior, LatentGaussian, NoPrior
from hps_tf.priors import FlowPrior, GaussianMixture, PoseDiscriminator, PoseVAE
from hps_tf.priors.pose_space import AXIS_ANGLE, SIX_D
from tools.leaderboard import __main__ as program
from tools.leaderboard import entries, measures, report, study

SIGMA = 0.1
FLOWS = ("cmu-6d-realnvp", "cmu-6d-light", "cmu-aa-realnvp", "cmu-aa-light")
OTHERS = ("cmu-vposer", "cmu-hmr", "none")


class FakeRecovery:
    """Finds the joints, which lie at zero, a little off, the more the more variables there are."""

    def __init__(self, body, variables):
        self.is_latent, self._off = variables.is_latent, 0.0001 * variables.dim

    def mode(self, joints, sigma):
        found = np.nan_to_num(joints) + self._off
        return Recovered(found, found[:, 0], found)

    def hypotheses(self, joints, sigma, count, seed, starts=None):
        found = self.mode(joints, sigma).joints
        found = np.repeat(found[:, None], count, axis=1)
        found += 0.01 * np.arange(count)[:, None, None]
        return Recovered(found, found[:, :, 0], found)


def _flow(space):
    """A flow that is a Gaussian, with references."""
    dim = space.dim
    flow = FlowPrior(space, SIGMA, "light", num_steps=1, num_joint_steps=1)
    noisy = (0.3**2 + SIGMA**2) * np.eye(dim)
    flow.references = {
        "gaussian": GaussianMixture.gaussian(np.zeros(dim), noisy),
        "gmm8": GaussianMixture(np.full(8, 1 / 8), np.zeros((8, dim)), np.tile(noisy, (8, 1, 1))),
    }
    return flow


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A directory of small priors under the names of the pretrained ones."""
    directory = tmp_path_factory.mktemp("pretrained")
    for code, space in (("6d", SIX_D), ("aa", AXIS_ANGLE)):
        flow = _flow(space)
        for preset in ("realnvp", "light"):
            flow.save(directory / f"cmu-{code}-{preset}.npz")
    PoseVAE(SIX_D, 0.1, hidden_units=4, latent_dim=2).save(directory / "cmu-vposer.npz")
    hmr = PoseDiscriminator(SIX_D, 0.1, joint_units=2, hidden_units=4)
    hmr.save(directory / "cmu-hmr.npz")
    return directory


def fake_quality(opened, held_out):
    """Half of everything that the prior has."""
    assert len(held_out) == 8
    found = dict.fromkeys(("nll", *measures.SCORES, "cpu_us"), np.nan)
    if opened.density is not None:
        found["nll"] = 0.5
    if opened.source is not None:
        found |= dict.fromkeys((*measures.SCORES, "cpu_us"), 0.5)
    return found | {"noise": opened.noise, "num_parameters": opened.num_parameters}


class Board:
    """A board that was measured once.

    Attributes:
      opened: What was opened, by key.
      content: The JSON file.
      text: The Markdown.
    """

    def __init__(self, patch, motion, output):
        self._motion, self.output = motion, output
        self.opened = {}
        original = entries.open_entry

        def open_entry(entry):
            self.opened[entry.key] = original(entry)
            return self.opened[entry.key]

        patch.setattr(entries, "open_entry", open_entry)
        self.content, self.text = self.run(patch)

    def run(self, patch):
        counts = ("--num_poses", 4, "--num_samples", 8, "--num_hypotheses", 2)
        words = ["--data", self._motion, "--output", self.output, *counts]
        patch.setattr(sys, "argv", ["tools.leaderboard", *map(str, words)])
        program.main()
        text = (self.output / "leaderboard.md").read_text()
        return json.loads((self.output / "leaderboard.json").read_text()), text

    @property
    def rows(self):
        return {row["prior"]: row for row in self.content["rows"]}


@pytest.fixture(scope="module")
def board(pretrained, motion, tmp_path_factory):
    """All priors, small ones in their place, without solver and samples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "PRETRAINED", pretrained)
        patch.setattr(study, "JointRecovery", FakeRecovery)
        patch.setattr(measures, "quality", fake_quality)
        patch.setattr(measures, "recorded_quality", lambda *_: dict.fromkeys(measures.SCORES, 0.25))
        patch.setattr(prior_tasks, "joints_of", lambda body, poses: np.zeros((len(poses), 24, 3)))
        patch.setattr(prior_tasks, "likely_pose", lambda space: np.zeros(space.dim))
        patch.setattr(
            prior_tasks, "random_poses", lambda source, space, count, seed: np.zeros((count, 24, 3))
        )
        return Board(patch, motion, tmp_path_factory.mktemp("leaderboard") / "board")


def test_all_priors_are_rows_with_all_measurements(board):
    rows = board.rows
    names = ("Gaussian, 6D", "GMM-8, 6D", "Gaussian, AA", "GMM-8, AA")
    assert list(rows) == [*FLOWS, *names, *OTHERS]
    for name in rows:
        assert f"| {name} | " in board.text
        assert rows[name]["ik_error_mm"]["mean"] > 0
    for name in OTHERS:
        assert rows[name]["nll"] is None
    assert rows["cmu-vposer"]["fid"] == 0.5
    assert rows["cmu-hmr"]["fid"] is None
    assert rows["cmu-hmr"]["completion_spread_mm"] is None
    assert board.content["recorded"].keys() == {"6D", "AA"}
    assert "No run whose name ends with maf in --priors: MAF is left out." in board.text
    size = Image.open(board.output / "leaderboard.png").size
    assert size[0] > 1000
    assert size[1] > 24 * len(rows)


def test_errors_are_those_of_the_solver_in_millimetres(board):
    rows = board.rows
    for name, dim in (("cmu-6d-light", 126), ("cmu-aa-light", 63), ("cmu-vposer", 2)):
        expected = 0.1 * dim * np.sqrt(3)
        assert rows[name]["ik_error_mm"]["mean"] == pytest.approx(expected, rel=1e-3)
    assert rows["cmu-vposer"]["ik_error_mm"]["level_with_best"]
    assert not rows["cmu-6d-light"]["ik_error_mm"]["level_with_best"]
    spread = 10 * np.sqrt(3)
    assert rows["cmu-aa-light"]["completion_spread_mm"] == pytest.approx(spread, rel=1e-3)


def test_each_kind_of_prior_is_opened_as_what_it_is(board):
    opened = board.opened
    assert isinstance(opened["gaussian-6d"].variables, LatentGaussian)
    assert isinstance(opened["gmm8-aa"].variables, AmbientMixture)
    assert isinstance(opened["cmu-hmr"].variables, AmbientPrior)
    assert isinstance(opened["none"].variables, NoPrior)
    assert isinstance(opened["cmu-vposer"].source, NoisySamples)
    assert opened["gaussian-aa"].num_parameters == 63 + 63 * 64 // 2
    assert opened["gmm8-aa"].num_parameters == 7 + 8 * (63 + 63 * 64 // 2)


def test_a_rerun_measures_nothing_and_writes_the_same(board, pretrained):
    def fail(*_):
        raise AssertionError("measured again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "PRETRAINED", pretrained)
        patch.setattr(entries, "open_entry", fail)
        patch.setattr(study, "_poses_of", fail)
        assert board.run(patch) == (board.content, board.text)


def test_likelihood_is_of_poses_with_noise_and_samples_are_as_many(monkeypatch):
    gaussian = GaussianMixture.gaussian(np.zeros(63), 0.25 * np.eye(63))
    opened = entries.Opened(AXIS_ANGLE, SIGMA, 1, gaussian, gaussian, None)
    scores = dict.fromkeys(measures.SCORES, 0.5)
    monkeypatch.setattr(prior_samples, "measure", lambda *_: {"prior": scores})
    held_out = np.random.default_rng(1).normal(scale=0.3, size=(400, 24, 3)).astype(np.float32)
    found = measures.quality(opened, held_out)
    expected = 0.5 * np.log(2 * np.pi * 0.25) + (0.3**2 + SIGMA**2) / (2 * 0.25)
    assert found["nll"] == pytest.approx(expected, rel=0.01)
    assert found["fid"] == 0.5
    assert found["cpu_us"] > 0
    with_nothing = measures.quality(
        entries.Opened(AXIS_ANGLE, np.nan, 3, None, None, None), held_out
    )
    assert np.isnan([with_nothing[name] for name in ("nll", "fid", "cpu_us")]).all()
    assert with_nothing["num_parameters"] == 3


def test_a_density_that_is_not_finite_is_refused():
    gaussian = GaussianMixture.gaussian(np.full(63, np.nan), np.eye(63))
    opened = entries.Opened(AXIS_ANGLE, SIGMA, 1, gaussian, None, None)
    with pytest.raises(InputError, match="log-density not finite at 7 test poses"):
        measures.quality(opened, np.zeros((7, 24, 3), np.float32))


def test_runs_are_rows_by_the_names_of_their_directories(tmp_path):
    directory = tmp_path / "prior_6d_maf"
    directory.mkdir()
    (directory / "prior.npz").touch()
    rows, missing = entries.gather(tmp_path)
    assert [row.key for row in rows[:5]] == [*FLOWS, "prior_6d_maf"]
    assert missing == ["No run whose name ends with iaf in --priors: IAF is left out."]
    assert len(entries.gather(None)[1]) == 2


def test_a_run_must_have_a_name_of_its_own(tmp_path):
    directory = tmp_path / "cmu-6d-light"
    directory.mkdir()
    (directory / "prior.npz").touch()
    with pytest.raises(InputError, match="expected a name of its own, received cmu-6d-light"):
        entries.gather(tmp_path)
    with pytest.raises(InputError, match="expected a directory of runs, received none"):
        entries.gather(tmp_path / "nowhere")


def test_hidden_limbs_take_turns():
    hidden = measures._hidden(6)
    np.testing.assert_array_equal(hidden[:3], hidden[3:])
    assert (hidden[0] | hidden[1] == hidden[2]).all()
    assert not (hidden[0] & hidden[1]).any()
    assert hidden[0].sum() == 3


def test_level_is_what_the_best_does_not_beat():
    rng = np.random.default_rng(0)
    first = rng.normal(10.0, 1.0, 40)
    offsets = rng.normal(size=40)
    close, far = first + offsets - offsets.mean() + 0.01, first + 5.0
    results = []
    for key, errors in (("first", first), ("close", close), ("far", far)):
        tasks = {task: {field: errors} for task, field in report.ERRORS}
        tasks["completion"] = {"mode": errors, "best": errors, "spread": errors}
        results.append(report.Result(entries.Entry(key, key, None), {}, tasks))
    found = report.Errors(results, np.arange(40).astype(str))
    levels = [found.is_level(result, ("ik", "error")) for result in results]
    assert levels == [True, True, False]
    assert found.best(("ik", "error")) is min(
        results[:2], key=lambda each: found.mean(each, ("ik", "error"))
    )
    low, high = found.interval(results[0], ("ik", "error"))
    assert low < found.mean(results[0], ("ik", "error")) < high
