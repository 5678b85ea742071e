import json

import pytest
from PIL import Image

from tests.tools.reproduce.network_fakes import FakeTraining, errors
from tools.reproduce import figure4
from tools.reproduce.network_comparison import Comparison
from tools.reproduce.network_study import NetworkStudy

ENDS = {
    "base-100": 40.0,
    "figure4-ka": 30.0,
    "figure4-kaba": 20.0,
    "figure4-kaba-50": 22.0,
    "figure4-kaba-20": 25.0,
    "figure4-ws": 21.0,
    "figure4-ws-no-fs": 33.0,
}
LOG = [
    {"step": 0, "validation/weak/keypoint_error_px": 40.0, "validation/weak/part_iou": 0.2},
    {"step": 5, "loss": 3.0},
    {"step": 10, "validation/weak/keypoint_error_px": 20.0, "validation/weak/part_iou": 0.5},
]


@pytest.fixture
def training(monkeypatch):
    fake = FakeTraining(LOG)
    monkeypatch.setattr(NetworkStudy, "train", lambda *arguments: fake(*arguments))
    monkeypatch.setattr(
        NetworkStudy,
        "measure",
        lambda _, run, dataset: errors(ENDS[run.removesuffix("-labels").rpartition("-")[0]]),
    )
    return fake


def test_the_whole_figure(reproduce, domains, training, tmp_path):
    output, report = tmp_path / "output", tmp_path / "docs"
    report.mkdir()
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", output)
    arguments += ("--steps", 10, "--seeds", 2, "--report", report / "figure4.md")
    assert reproduce("figure4", *arguments) == 0
    content = json.loads((output / "figure4.json").read_text("utf-8"))
    assert [curve["name"] for curve in content["curves"]] == [v.name for v in figure4.VARIANTS]
    assert content["curves"][0]["step"] == [0, 10]
    assert content["curves"][0]["keypoint_error_px"] == [40.0, 20.0]
    assert len(content["claims"]) == 10
    assert all(claim["holds"] for claim in content["claims"].values())
    assert "(figure4.png)" in (report / "figure4.md").read_text("utf-8")
    with Image.open(report / "figure4.png") as picture:
        assert picture.width > 800
    assert len(training.configs) == 2 * (2 + len(figure4.VARIANTS))


def test_labelled_evidence_has_a_figure_of_its_own(reproduce, domains, training, tmp_path):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("figure4", *arguments, "--steps", 10, "--label_evidence") == 0
    assert "(figure4-labels.png)" in (tmp_path / "figure4-labels.md").read_text("utf-8")
    assert (tmp_path / "figure4-labels.png").is_file()
    assert not (tmp_path / "figure4.md").exists()
    told = {run for run in training.configs if run.endswith("-labels")}
    assert told == set(training.configs) - {"maps-s0"}
    for run in told:
        (phase,) = training.configs[run].phases.values()
        assert phase.ground_truth_evidence == 1.0


def test_variants_differ_in_what_they_say(reproduce, domains, training, tmp_path):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("figure4", *arguments, "--steps", 10, "--seeds", 1) == 0
    by_key = {key.split("-", 1)[1]: config for key, config in training.configs.items()}
    weights = {key: config.phases.get("weak", {}).get("weights") for key, config in by_key.items()}
    assert weights["ka-s0"].part_alignment == 0 < weights["kaba-s0"].part_alignment
    assert "vertices" not in weights["ws-s0"]
    assert dict(by_key["ws-s0"].phases.weak.data) == {"weak": 1.0}
    assert by_key["kaba-20-s0"].data.weak.path == str(tmp_path / "data" / "weak-20")
    starts = {key: config.network.start_from for key, config in by_key.items()}
    assert starts["ws-s0"].endswith("base-100-s0/network.npz")
    assert starts["ws-no-fs-s0"].endswith("maps-s0/network.npz")
    assert {config.measured for key, config in by_key.items() if "ka" in key or "ws" in key} == {
        ("weak",)
    }


def test_claims_fail_where_nothing_is_gained():
    names = [figure4.START, *(variant.name for variant in figure4.VARIANTS)]
    verdicts = figure4.test(Comparison({name: [errors(20.0)] for name in names}))
    assert len(verdicts) == 10
    assert not any(verdict["holds"] for verdict in verdicts.values())
