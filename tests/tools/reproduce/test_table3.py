import json

import numpy as np
import pytest

from hps_tf.cli import command
from hps_tf.data.images.image_dataset import ImageDataset
from tests.tools.reproduce.network_fakes import errors
from tools.reproduce import fit_weights, image_domains, network_study, refinement_rows, table3
from tools.reproduce.network_comparison import Comparison
from tools.reproduce.network_study import GROUPS
from tools.reproduce.refinement_rows import KA, KA_BA, NETWORK

MEANS = {NETWORK: 90.0, KA: 85.0, KA_BA: 80.0, "video-4": 79.0, "video-8": 78.0, "video-16": 77.0}


@pytest.fixture
def fitted(monkeypatch):
    """Stands in for `refinement_rows.rows`; lists what was asked of it."""
    asked = []

    def rows(predictor, dataset, *, refine, windows, ground_truth_evidence):
        asked.append((predictor, refine, windows, ground_truth_evidence))
        names = [NETWORK, *refine, *(f"video-{length}" for length in windows)]
        gain = 8.0 if "ws" in str(predictor) else 0.0
        return {name: errors(MEANS[name] - gain) for name in names}

    monkeypatch.setattr(refinement_rows, "rows", rows)
    monkeypatch.setattr(fit_weights, "of", lambda study, network: {})
    monkeypatch.setattr(network_study, "load_predictor", lambda path: path.parent.name)
    return asked


def test_the_whole_table(reproduce, domains, training, fitted, tmp_path):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    arguments += ("--steps", 100, "--seeds", 2, "--json", tmp_path / "figures.json")
    assert reproduce("table3", *arguments) == 0
    content = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert [row["method"] for row in content["rows"]] == [
        "FS",
        "FS+OPT (KA)",
        "FS+OPT (KA+BA)",
        "FS+WS",
        "FS, video of 4",
        "FS, video of 8",
        "FS, video of 16",
        "FS+WS, video of 4",
        "FS+WS, video of 8",
        "FS+WS, video of 16",
    ]
    assert len(content["claims"]) == 9
    assert all(claim["holds"] for claim in content["claims"].values())
    assert set(training.configs) == {
        f"{kind}-s{seed}" for kind in ("maps", "base-100", "fs-100", "ws-100") for seed in (0, 1)
    }
    assert len(fitted) == 4
    assert reproduce("table3", *arguments) == 0
    assert len(fitted) == 4

    assert reproduce("table3", *arguments, "--label_evidence") == 0
    assert [ground_truth_evidence for *_, ground_truth_evidence in fitted] == [False] * 4 + [
        True
    ] * 4
    assert {f"{kind}-100-s0-labels" for kind in ("base", "fs", "ws")} < set(training.configs)
    assert (tmp_path / "table3-labels.md").is_file()


def test_the_papers_figures_stand_beside(reproduce, domains, training, fitted, tmp_path):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("table3", *arguments, "--steps", 100) == 0
    rows = json.loads((tmp_path / "table3.json").read_text("utf-8"))["rows"]
    paper = {row["method"]: row["paper"] for row in rows}
    assert paper["FS+OPT (KA+BA)"] == {"mpjpe_mm": 91.4, "pa_mpjpe_mm": 58.87}
    assert paper["FS+WS, video of 8"] == {"mpjpe_mm": 82.0, "pa_mpjpe_mm": 51.4}
    assert paper["FS, video of 4"] is None
    report = (tmp_path / "table3.md").read_text("utf-8")
    assert "| 91.4 | 58.87 |" in report
    assert "only the order is comparable" in report


def test_fits_about_predictions_have_the_weights_chosen(
    reproduce, domains, training, fitted, tmp_path, monkeypatch
):
    asked = []

    def rows(predictor, dataset, *, weights, refine, windows, ground_truth_evidence):
        asked.append(weights)
        return {name: errors(MEANS[name]) for name in (NETWORK, *refine)}

    monkeypatch.setattr(refinement_rows, "rows", rows)
    monkeypatch.setattr(fit_weights, "of", lambda study, network: {"expected": 0.3})
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("table3", *arguments, "--steps", 100) == 0
    assert asked == [{"expected": 0.3}] * 2
    content = json.loads((tmp_path / "table3.json").read_text("utf-8"))
    assert content["fit_weights"] == {"expected": 0.3}
    assert "weights expected 0.3" in (tmp_path / "table3.md").read_text("utf-8")


def test_given_runs_are_measured_and_nothing_is_trained(
    reproduce, domains, training, fitted, tmp_path, capsys
):
    for name in ("my-fs", "my-ws"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "network.npz").write_bytes(name.encode())
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path / "output")
    arguments += ("--fs_run", tmp_path / "my-fs")
    assert reproduce("table3", *arguments, "--ws_run", tmp_path / "my-ws") == 0
    assert not training.configs
    assert "Networks given: FS+WS my-ws." in capsys.readouterr().out

    assert reproduce("table3", *arguments) == command.EXIT_BAD_INPUT
    assert "--fs_run, --ws_run: expected both or neither" in capsys.readouterr().err
    assert reproduce("table3", *arguments, "--ws_run", tmp_path) == command.EXIT_BAD_INPUT
    assert "expected a run with a network.npz" in capsys.readouterr().err


def test_a_wrong_order_fails_its_claim():
    rows = {"FS": [errors(80.0)], "FS+OPT (KA)": [errors(85.0)], "FS+WS": [errors(70.0)]}
    verdicts = table3.test(Comparison(rows))
    assert set(verdicts) == {"opt_ka_better_than_fs", "ws_better_than_fs"}
    assert not verdicts["opt_ka_better_than_fs"]["holds"]
    assert verdicts["ws_better_than_fs"]["holds"]


class Unchanged:
    """A refinement that leaves bodies as predicted; remembers its calls."""

    def __init__(self, predictor):
        self.calls = []

    def images(self, people, *, with_parts):
        self.calls.append(with_parts)
        return people

    def video(self, people, stretches, window):
        self.calls.append(window)
        return people


def test_rows_are_of_the_same_people_in_the_same_order(domains, network_file, monkeypatch):
    refinement = Unchanged(None)
    monkeypatch.setattr(refinement_rows, "Refinement", lambda predictor: refinement)
    monkeypatch.setattr(refinement_rows, "clips", lambda labels: [np.arange(len(labels["name"]))])
    predictor = network_study.load_predictor(network_file)
    dataset = image_domains.held_out(domains[0])
    found = refinement_rows.rows(predictor, dataset, refine=(KA, KA_BA), windows=(4, 8))
    assert list(found) == [NETWORK, KA, KA_BA, "video-4", "video-8"]
    assert refinement.calls == [False, True, 4, 8]
    assert len({tuple(each[GROUPS]) for each in found.values()}) == 1
    assert (found[KA]["mpjpe_mm"] == found[NETWORK]["mpjpe_mm"]).all()


def test_single_images_have_no_video_rows(domains, network_file, monkeypatch):
    monkeypatch.setattr(refinement_rows, "Refinement", Unchanged)
    monkeypatch.setattr(refinement_rows, "clips", lambda labels: [])
    dataset = ImageDataset(domains[0], "test")
    predictor = network_study.load_predictor(network_file)
    assert list(refinement_rows.rows(predictor, dataset, windows=(4,))) == [NETWORK]
