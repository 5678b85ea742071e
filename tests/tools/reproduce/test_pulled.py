import json

import numpy as np
import pytest

from hps_tf.fitting import Fitter
from hps_tf.models import LiftingNetwork, LiftingOptions, lifting_file
from tools.reproduce import pulled
from tools.reproduce.pulled import CONDITIONS

NAMES = [condition.name for condition in CONDITIONS]
ROWS = ["network", "four starts", "one lifted start", "pulled, 1", "pulled, 3"]


@pytest.fixture(scope="module")
def lifting(tmp_path_factory):
    """An untrained network."""
    path = tmp_path_factory.mktemp("lifting") / "lifting.npz"
    network = LiftingNetwork(LiftingOptions(width=16, blocks=1), np.tile([1.0, 0, 0, 0, 1, 0], 21))
    lifting_file.save(network, path)
    return path


@pytest.fixture
def fast_fits(monkeypatch):
    """Fits with a prior end where they start, or in the first body of the right number."""

    def refine(self, evidence, start, weights):
        weighed.append((len(evidence), weights.prior))
        return Found(self.body, start)

    class Found:
        def __init__(self, body, start):
            self.joints_3d = body.joints(
                rotation_matrices=start.rotation_matrices[:, 0],
                shape=start.shape,
                translation=start.translation[:, 0],
            ).numpy()

    def fit(self, evidence, weights):
        count = len(evidence)
        rest = np.tile(np.eye(3, dtype=np.float32), (count, 24, 1, 1))
        place = np.tile(np.float32([0, 0, 4]), (count, 1))
        start = self.bodies_at(rest, np.zeros((count, self.body.num_shape), np.float32), place)
        return refine(self, evidence, start, weights)

    weighed = []
    monkeypatch.setattr(Fitter, "refine", refine)
    monkeypatch.setattr(Fitter, "fit", fit)
    return weighed


def test_every_row_is_measured_in_every_condition(
    reproduce, lifting, data, tmp_path, capsys, fast_fits
):
    output = tmp_path / "results"
    arguments = ["--data", data, "--output", output, "--num_people", 3, "--expected", 1, 3]
    assert reproduce("pulled", "--lifting", lifting, *arguments) in (0, None)
    figures = json.loads((output / "pulled.json").read_text())
    assert list(figures["conditions"]) == NAMES
    for rows in figures["conditions"].values():
        assert list(rows) == ROWS
        for name, row in rows.items():
            low, high = row["ci95_mpjpe_mm"]
            assert low <= row["mpjpe_mm"] <= high
            assert ("beside_four_starts" in row) == (name != "four starts")
        network = rows["network"]["mpjpe_mm"]
        assert rows["one lifted start"]["mpjpe_mm"] == pytest.approx(network, rel=1e-3)
        assert rows["pulled, 1"]["mpjpe_mm"] != pytest.approx(rows["pulled, 3"]["mpjpe_mm"])
    weights = [weight for _, weight in fast_fits]
    assert weights == pytest.approx([0.01] * 2 + [16 / 9 / 0.8] * 2 + [64 / 9 / 0.6] * 2)
    report = (output / "pulled.md").read_text()
    assert report in capsys.readouterr().out + "\n"
    assert report.count("| pulled, 3 |") == 3


def test_noise_and_missing_keypoints_are_as_said():
    exact = np.full((400, 17, 2), 100.0)
    intrinsics = np.tile(np.diag([500.0, 500.0, 1.0]), (400, 1, 1))
    for condition in CONDITIONS:
        evidence = pulled._seen(exact, intrinsics, condition)
        assert (evidence.keypoints - exact).std() == pytest.approx(condition.noise, rel=0.03)
        missing = 1 - evidence.confidence.mean()
        assert missing == pytest.approx(condition.missing, abs=0.03)
        assert evidence.confidence.sum(axis=1).min() >= pulled.LEAST_SEEN


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["--num_people", 0], "--num_people: expected at least 1, received 0"),
        (["--expected", -1], "--expected: expected at least 0, received -1"),
    ],
)
def test_bad_arguments_are_named(reproduce, lifting, data, tmp_path, capsys, settings, message):
    arguments = ["--lifting", lifting, "--data", data, "--output", tmp_path, *settings]
    assert reproduce("pulled", *arguments) not in (0, None)
    assert message in capsys.readouterr().err
