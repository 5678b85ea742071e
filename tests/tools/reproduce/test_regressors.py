import json

import numpy as np
import pytest

from hps_tf.evaluation.statistics import Bootstrap
from hps_tf.models import (
    LiftingNetwork,
    LiftingOptions,
    MotionLiftingNetwork,
    MotionLiftingOptions,
)
from tools.reproduce import regressor_report, regressor_study, regressors
from tools.reproduce.regressor_report import FAMILY, METRICS, Measured
from tools.reproduce.regressor_study import CONDITIONS, FULL, HMR, METHODS, VIBE, WEAK, Study

FRAMES = 4


@pytest.fixture
def trained(monkeypatch):
    """Windows of four frames, and networks that nobody trained; lists those that are asked for."""
    asked = []

    def train(configs, directory, workers):
        for index, (run, config) in enumerate(configs.items()):
            asked.append(run)
            path = directory / "runs" / run
            if path.exists():
                continue
            path.mkdir(parents=True)
            mode = np.tile([1.0, 0, 0, 0, 1, 0], 21)
            if config.task == "lifting_vibe":
                options = MotionLiftingOptions(8, 1, 3, units=2, num_frames=FRAMES)
                network = MotionLiftingNetwork(options, mode)
            else:
                network = LiftingNetwork(LiftingOptions(8, 1), mode)
            rng = np.random.default_rng(index)
            weights = [rng.normal(scale=0.01, size=w.shape) for w in network.module.get_weights()]
            network.module.set_weights(weights)
            network.save(path / "lifting.npz")
            (path / "summary.json").write_text(json.dumps({"num_parameters": 1234}))

    monkeypatch.setattr(regressors.network_trainings, "train", train)
    for module in (regressors, regressor_study):
        monkeypatch.setattr(module, "NUM_FRAMES", FRAMES)
    return asked


def test_a_study_is_trained_reported_and_resumes(reproduce, data, tmp_path, capsys, trained):
    output = tmp_path / "results"
    arguments = ["regressors", "--data", data, "--output", output, "--steps", 7, "--seeds", 3]
    arguments += ["--num_windows", 5, "--json", tmp_path / "also.json"]
    assert reproduce(*arguments, "--report", tmp_path / "also.md") in (0, None)
    assert trained == ["hmr-s3", "spin-s3", "weak-s3", "full-s3", "vibe-s3"]
    report = (output / "regressors.md").read_text()
    assert report in capsys.readouterr().out
    assert (tmp_path / "also.md").read_text() == report
    content = json.loads((output / "regressors.json").read_text())
    assert json.loads((tmp_path / "also.json").read_text()) == content
    assert len(content["rows"]) == len(METHODS) * len(CONDITIONS)
    for row in content["rows"]:
        for metric in METRICS:
            low, high = row[f"ci95_{metric}"]
            assert low <= row[metric] <= high
    assert len(content["claims"]) == 3 * len(CONDITIONS) * len(METRICS)

    parts = {path: path.stat().st_mtime_ns for path in (output / "parts").iterdir()}
    assert len(parts) == len(METHODS) * len(CONDITIONS)
    assert reproduce(*arguments) in (0, None)
    assert {path: path.stat().st_mtime_ns for path in (output / "parts").iterdir()} == parts

    assert reproduce(*arguments, "--steps", 8) == 2
    assert "steps" in capsys.readouterr().err


def test_all_methods_are_trained_alike(tmp_path):
    study = Study((tmp_path / "cmu",), tmp_path, (0, 1), 500)
    configs = {run: config for some in study.configs() for run, config in some.items()}
    assert set(configs) == {f"{method}-s{seed}" for seed in (0, 1) for method in METHODS}
    for run, config in configs.items():
        assert config.seed == int(run[-1])
        assert (config.steps, config.batch_size) == (500, 256)
        assert (config.network.width, config.network.blocks) == (256, 2)
        if not run.startswith(FULL):
            assert config.labels.to_dict() == configs["weak-s0"].labels.to_dict()
    assert configs["vibe-s0"].window == regressor_study.NUM_FRAMES
    assert configs["vibe-s1"].network.start_from == str(tmp_path / "runs/spin-s1/lifting.npz")


def _measured(means):
    rng = np.random.default_rng(0)
    noise = 5.0 * rng.normal(size=40)
    return [
        Measured(
            method,
            condition,
            {metric: means[method] + noise + rng.normal(size=(2, 40)) for metric in METRICS},
        )
        for method in METHODS
        for condition in CONDITIONS
    ]


def test_claims_are_of_the_paper_s_way_beside_the_others_with_few_labels():
    measured = _measured(dict.fromkeys(METHODS, 100.0) | {HMR: 110.0, VIBE: 90.0})
    bootstrap = Bootstrap(np.repeat(list("abcd"), 10), {FAMILY: 2}, seed=0)
    claims = regressor_report.claims(measured, bootstrap)
    assert {claim["better_than"] for claim in claims} == set(METHODS) - {WEAK, FULL}
    for claim in claims:
        if claim["better_than"] == HMR:
            assert claim["holds"]
            assert claim["difference"] == pytest.approx(-10, abs=1)
        if claim["better_than"] == VIBE:
            assert not claim["holds"]
    text = regressor_report.markdown(measured, bootstrap, ["A fact."])
    assert "- A fact." in text
    assert "the 4 clips" in text
    assert "| VIBE | exact | MPJPE | **no** | 1.0000 | +10" in text


def test_a_report_says_where_vibe_is_the_network_that_it_began_with():
    measured = _measured(dict.fromkeys(METHODS, 100.0))
    assert regressor_report.unmoved(measured) == []
    errors = {(each.method, each.condition): each.errors for each in measured}
    for condition in CONDITIONS:
        errors["vibe", condition]["mpjpe"][0] = errors["spin", condition]["mpjpe"][0]
    (fact,) = regressor_report.unmoved(measured)
    assert fact.startswith("In 1 of 2 runs, VIBE's loss")


def test_no_detector_s_errors_come_and_go_between_all_frames(data, monkeypatch):
    """Errors last for some frames, as `spells.hold` is asked to."""
    asked = []

    def hold(found, true, num_frames, share, seed):
        asked.append((num_frames, share))
        return found

    class Lifter:
        def __init__(self, joints):
            self.body, self._joints = None, joints

        def __call__(self, *_):
            people = type("People", (), {"joints": self._joints})
            return type("Lifted", (), {"people": people})

    joints = np.random.default_rng(0).normal(size=(32, 24, 3)).astype(np.float32)
    evidence = type("Evidence", (), {"keypoints": 0.0, "confidence": 1.0, "intrinsics": None})
    monkeypatch.setattr(regressor_study.spells, "hold", hold)
    monkeypatch.setattr(
        regressor_study.keypoint_conditions, "see", lambda *_: (evidence, np.zeros(2))
    )
    monkeypatch.setattr(regressor_study, "FoundKeypoints", lambda *parts: parts)
    people = type("People", (), {"joints_3d": joints})
    for condition in CONDITIONS:
        errors = regressor_study.errors(Lifter(joints + 0.1), people, condition)
        assert errors["mpjpe"].shape == errors["acceleration"].shape == (32,)
        np.testing.assert_allclose(errors["mpjpe"], 0.0, atol=1e-3)
    assert asked == [(16, 0.8)]
