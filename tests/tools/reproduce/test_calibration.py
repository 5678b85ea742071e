import json

import numpy as np
import pytest

from hps_tf.models import LiftingNetwork, LiftingOptions, lifting_file
from tools.reproduce import calibration, calibration_report
from tools.reproduce.calibration_report import LIFTED, Measured
from tools.reproduce.robust_conditions import CONDITIONS

FEW = tuple(each for each in CONDITIONS if each.key in ("4px-20", "detector"))


def _lifting(path, seed):
    network = LiftingNetwork(LiftingOptions(width=8, blocks=1), np.tile([1.0, 0, 0, 0, 1, 0], 21))
    rng = np.random.default_rng(seed)
    weights = [rng.normal(scale=0.01, size=w.shape) for w in network.module.get_weights()]
    network.module.set_weights(weights)
    lifting_file.save(network, path)
    return path


@pytest.fixture
def calls(monkeypatch):
    """Two conditions, and the lifted bodies alone, which take no fits; the people lifted."""

    def methods(lifter, prior):
        def lifted(evidence):
            seen.append(len(evidence))
            return original(lifter, prior)[LIFTED](evidence)

        return {LIFTED: lifted}

    seen = []
    original = calibration._methods
    monkeypatch.setattr(calibration, "_methods", methods)
    for module in (calibration, calibration_report):
        monkeypatch.setattr(module, "CONDITIONS", FEW)
    return seen


def test_a_study_is_reported_and_resumes(reproduce, data, tmp_path, capsys, calls):
    output = tmp_path / "results"
    lifting = _lifting(tmp_path / "lifting.npz", 0)
    arguments = ["calibration", "--data", data, "--output", output, "--num_people", 6]
    arguments += ["--num_chosen_by", 4, "--lifting", lifting]
    assert reproduce(*arguments) in (0, None)
    assert calls == [6, 6, 4, 4]
    report = (output / "calibration.md").read_text()
    assert report in capsys.readouterr().out
    content = json.loads((output / "calibration.json").read_text())
    assert [row["condition"] for row in content["rows"]] == [each.name for each in FEW]
    for row in content["rows"]:
        assert row["coverage"] == sorted(row["coverage"])
    assert (output / "calibration.png").stat().st_size > 1000

    assert reproduce(*arguments) in (0, None)
    assert len(calls) == 4
    assert (output / "calibration.md").read_text() == report

    _lifting(lifting, 1)
    assert reproduce(*arguments) == 2
    assert "lifting" in capsys.readouterr().err


def _measured(scale, std=0.05, mpjpe=None):
    errors = np.random.default_rng(0).standard_normal((50, 23, 3))
    distance = scale * 0.05 / np.sqrt(3) * np.linalg.norm(errors, axis=-1)
    return Measured(
        method=LIFTED,
        condition=FEW[0],
        distance=distance,
        std=np.broadcast_to(std, distance.shape),
        mpjpe=distance.mean(axis=1) if mpjpe is None else mpjpe,
        score=np.zeros(50),
        cpu_seconds=np.zeros(()),
    )


def test_validation_people_give_the_factor_of_test_people():
    (row,) = calibration_report.rows([_measured(1.0)], [_measured(2.0)])
    assert row.factor == pytest.approx(2.0, rel=0.05)
    assert row.coverage[1] == pytest.approx(0.8, abs=0.05)
    assert row.recalibrated[1] > 0.95


def test_deviations_that_grow_with_the_error_tell_wrong_bodies():
    mpjpe = np.linspace(0.0, 0.2, 50)
    measured = _measured(1.0, std=mpjpe[:, None] + 0.01, mpjpe=mpjpe)
    (row,) = calibration_report.rows([measured], [measured])
    assert row.wrong == 0.5
    assert row.auc_std == 1.0
    assert row.auc_score == 0.5


def test_without_wrong_bodies_there_is_no_curve():
    (row,) = calibration_report.rows([_measured(0.1)], [_measured(0.1)])
    assert (row.wrong, row.auc_std, row.auc_score) == (0.0, None, None)
    assert "| – | – |" in calibration_report.markdown([row], [], "picture.png")
