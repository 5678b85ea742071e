import dataclasses
import json

import numpy as np
import pytest

from hps_tf.data.mocap import motion_records
from hps_tf.fitting.result import FitResult
from tools.reproduce import robust_fits, robust_report, robustness, rows
from tools.reproduce.robust_conditions import CONDITIONS
from tools.reproduce.robust_report import Comparison, Fits
from tools.reproduce.robust_study import METHODS, RobustStudy, title

BEST_WEIGHT = 10.0
FEW = tuple(each for each in CONDITIONS if each.key in ("4px-0", "4px-20", "4px-40", "limbs"))
FLOW, GAUSSIAN, NO_PRIOR = METHODS[0], METHODS[2], METHODS[-1]


class FakeFitter:
    """Finds T-poses, too large the more the further the weight is from the best."""

    fitted: list

    def __init__(self, body, pose):
        self.body, self.pose = body, pose

    def with_pose(self, pose):
        return FakeFitter(self.body, pose)

    def fit(self, evidence, weights):
        FakeFitter.fitted.append((len(evidence), weights))
        size = 1.0 + abs(np.log(max(weights.prior, 1e-6) / BEST_WEIGHT))
        pose = np.zeros((len(evidence), 24, 3), np.float32)
        joints = np.float32(size) * self.body.joints(pose=pose).numpy()
        fields = {field.name: None for field in dataclasses.fields(FitResult)}
        return FitResult(**{**fields, "pose": pose, "joints_3d": joints})


@pytest.fixture
def fake_fits(monkeypatch):
    """Puts the fake in the fitter's place and does the jobs in this process."""

    def run(function, jobs, num_processes, while_waiting):
        for job in jobs:
            function(job)
        while_waiting()

    for module in (robust_fits, robust_report, robustness):
        monkeypatch.setattr(module, "CONDITIONS", FEW)
    monkeypatch.setattr(robust_fits, "Fitter", FakeFitter)
    monkeypatch.setattr(robustness.workers, "run", run)
    threading = robust_fits.tf.config.threading
    monkeypatch.setattr(threading, "set_intra_op_parallelism_threads", lambda _: None)
    monkeypatch.setattr(RobustStudy, "num_chosen_by", 4)
    few = {"num_chosen_by": 4}
    monkeypatch.setattr(robustness, "RobustStudy", lambda **given: RobustStudy(**few, **given))
    FakeFitter.fitted = []
    return FakeFitter


@pytest.fixture
def mocap(data, make_clip):
    if not list(data.glob("train*")):
        motion_records.write_shards(data, "train", [make_clip("train_0", 30, "train", 9)])
    return data


def test_every_method_is_measured_under_every_condition(
    reproduce, mocap, few_priors, tmp_path, fake_fits
):
    output = tmp_path / "results"
    arguments = ["robustness", "--data", mocap, "--priors", few_priors, "--output", output]
    arguments += ["--num_people", 6]
    assert reproduce(*arguments) in (0, None)
    content = json.loads((output / "robustness.json").read_text())
    # One flow in axis-angle, with its Gaussian and mixture; no prior at all.
    names = [title(row) for row in METHODS if row.family == "flow-wide-aa"]
    assert [row["prior"] for row in content["rows"]] == names * len(FEW)
    for row in content["rows"]:
        low, high = row["ci95_mpjpe_mm"]
        assert low <= row["mpjpe_mm"] <= high
        assert row["weight"] == (0.0 if row["prior"] == title(NO_PRIOR) else BEST_WEIGHT)
    tests = [weights.prior for count, weights in fake_fits.fitted if count == 6]
    assert set(tests) == {0.0, BEST_WEIGHT}
    assert "## Flows beside other priors" in (output / "robustness.md").read_text()
    assert (output / "robustness.png").exists()

    fake_fits.fitted.clear()
    assert reproduce(*arguments) in (0, None)
    assert not fake_fits.fitted, "A finished study is fitted again."


def test_nothing_to_fit_with_is_one_line(reproduce, mocap, tmp_path, capsys):
    (tmp_path / "none").mkdir()
    arguments = ["--priors", tmp_path / "none", "--output", tmp_path / "results"]
    assert reproduce("robustness", "--data", mocap, *arguments) == 2
    assert "expected runs such as flow-wide-6d-s0" in capsys.readouterr().err


def test_the_first_weight_follows_the_noise():
    first = {each.key: robust_fits.first_weight(each) for each in CONDITIONS}
    assert first["0px-0"] == 0.01
    assert first["2px-0"] == 1.0
    assert first["4px-20"] == 10.0
    assert first["8px-40"] == 30.0
    assert first["limbs"] == first["border"] == 3.0


def fits(row, mean, seeds, rng):
    return [
        Fits(
            row,
            condition,
            {
                name: mean + condition.noise + rng.normal(size=(seeds, 40))
                for name in robust_report.METRICS
            },
            weight=1.0,
            cpu_seconds=0.1,
        )
        for condition in CONDITIONS
    ]


def test_claims_count_the_conditions_in_which_a_flow_wins():
    rng = np.random.default_rng(0)
    measured = [*fits(FLOW, 50.0, 2, rng), *fits(GAUSSIAN, 53.0, 1, rng)]
    clips = np.repeat(["a", "b", "c", "d"], 10)
    [claim] = robust_report.claims(Comparison(measured, clips))
    assert (claim["first"], claim["second"]) == (title(FLOW), title(GAUSSIAN))
    assert claim["better"] == claim["conditions"] == len(CONDITIONS) - 1
    assert claim["worse"] == 0
    [claim] = robust_report.claims(
        Comparison([*fits(FLOW, 53.0, 2, rng), *fits(GAUSSIAN, 50.0, 1, rng)], clips)
    )
    assert claim["worse"] == claim["conditions"]


def test_a_flow_is_compared_with_the_gaussian_of_its_own_rotations():
    rng = np.random.default_rng(0)
    measured = [each for row in METHODS for each in fits(row, 50.0, 1, rng)]
    pairs = {
        (claim["first"], claim["second"])
        for claim in robust_report.claims(Comparison(measured, np.repeat(["a", "b"], 20)))
    }
    flows = [row for row in METHODS if row.prior in (rows.FLOW, rows.LIGHT)]
    assert len(pairs) == len(flows) * 5
    assert ("flow, light, AA", "Gaussian, whitened, 6D") not in pairs
