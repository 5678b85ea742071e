import json
import shutil
from pathlib import Path

import pytest

from hps_tf.cli import command
from hps_tf.data.images.image_dataset import ImageDataset
from tests.tools.reproduce.network_fakes import errors
from tools.reproduce import image_domains, network_study, table2
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_comparison import Comparison
from tools.reproduce.network_study import METRICS, NetworkStudy


@pytest.fixture
def measured(monkeypatch):
    """Weak supervision helps the more the fewer labels there are."""

    def measure(study, run, dataset):
        kind, share, seed = run.removesuffix("-labels").replace("maps-", "fs-0-").split("-")
        fraction = float(share) / 100
        mean = 100.0 - 40.0 * fraction - (30.0 * (1.05 - fraction) if kind == "ws" else 0.0)
        return errors(mean, seed=int(seed.removeprefix("s")))

    monkeypatch.setattr(NetworkStudy, "measure", measure)


def test_the_whole_table(reproduce, domains, training, measured, tmp_path, capsys):
    labelled, weak = domains
    output, extra = tmp_path / "output", tmp_path / "figures.json"
    arguments = (
        *("table2", "--labelled", labelled, "--weak", weak, "--output", output, "--steps", 100),
        *("--seeds", 2, "--json", extra, "--report", tmp_path / "table2.md"),
    )
    assert reproduce(*arguments) == 0
    content = json.loads((output / "table2.json").read_text("utf-8"))
    assert content == json.loads(extra.read_text("utf-8"))
    rows = {(row["supervised_percent"], row["training"]): row for row in content["rows"]}
    assert len(rows) == 12
    assert rows[20, "FS"]["mpjpe_mm"] > rows[20, "FS+WS"]["mpjpe_mm"]
    assert rows[20, "FS"]["paper"] == {"mpjpe_mm": 117.0, "mpvpe_mm": 136.0}
    assert content["claims"]["ws_better_than_fs_below_100"]["holds"]
    assert content["claims"]["ws_helps_most_at_0_and_20"]["holds"]
    assert (tmp_path / "table2.md").read_text("utf-8") in capsys.readouterr().out
    assert "| 83 / 97.15 | 84 / 98.85 |" in (tmp_path / "table2.md").read_text("utf-8")
    # The maps run, five base runs, FS of five shares, FS+WS of six.
    assert len(training.configs) == 2 * 17

    assert reproduce(*arguments) == 0
    assert len(training.configs) == 2 * 17


def test_fs_and_ws_part_from_one_network_and_see_as_many_labelled_images(
    reproduce, domains, training, measured, tmp_path
):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    steps = ("--maps_steps", 80, "--steps", 100)
    assert reproduce("table2", *arguments, *steps, "--seeds", 1) == 0
    configs = training.configs
    maps = configs["maps-s0"]
    assert (maps.steps, maps.network.trained) == (80, ("backbone", "keypoints", "parts"))

    def labelled(config):
        shares = config.phases[config.curriculum[0]].data
        return config.steps * config.batch_size * shares["labelled"] / sum(shares.values())

    def start(config):
        return Path(config.network.start_from).parent.name

    for share in (20, 40, 60, 80, 100):
        base, fs, ws = (configs[f"{kind}-{share}-s0"] for kind in ("base", "fs", "ws"))
        assert (base.steps, start(base)) == (100, "maps-s0")
        assert start(fs) == start(ws) == f"base-{share}-s0"
        assert {config.network.trained for config in (base, fs, ws)} == {("pose",)}
        assert labelled(fs) == labelled(ws) == 50 * 16
        assert fs.optimizer == ws.optimizer
    assert (configs["ws-0-s0"].steps, start(configs["ws-0-s0"])) == (150, "maps-s0")


def test_no_config_uses_3d_labels_beyond_its_share(
    reproduce, domains, training, measured, tmp_path
):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("table2", *arguments, "--steps", 100, "--seeds", 1) == 0
    for run, config in training.configs.items():
        share = 0.0 if run.startswith("maps") else float(run.split("-")[1]) / 100
        for name, source in config.data.items():
            if name == "labelled" and share:
                assert (source.labels, source.supervised) == ("3d", share)
            else:
                assert source.labels == "2d"
        if not share:
            # Neither training nor the choice of the best weights sees a 3D label.
            for phase in config.phases.values():
                assert not {"vertices", "pose", "shape"} & set(phase.weights)


def test_labelled_evidence_has_runs_of_its_own_and_shares_the_rest(
    reproduce, domains, training, measured, tmp_path
):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("table2", *arguments) == 0
    before = set(training.configs)
    assert reproduce("table2", *arguments, "--label_evidence") == 0
    added = set(training.configs) - before
    assert added == {f"{run}-labels" for run in before if run != "maps-s0"}
    for run in added:
        config = training.configs[run]
        assert [phase.ground_truth_evidence for phase in config.phases.values()] == [1.0]
        start = Path(config.network.start_from).parent.name
        assert start == "maps-s0" or (start.startswith("base-") and start.endswith("-labels"))
    assert "flawless" not in (tmp_path / "table2.md").read_text("utf-8")
    assert "flawless" in (tmp_path / "table2-labels.md").read_text("utf-8")


def test_networks_over_movenet_share_what_it_finds_and_lift_from_nothing(
    reproduce, domains, training, measured, tmp_path
):
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce("table2", *arguments, "--preset", "photo", "--seeds", 2) == 0
    for run, config in training.configs.items():
        assert (config.cache, config.views > 0) == (str(tmp_path / "seen"), True)
        # Nothing but the study's own runs begins a network: `photo` has seen 3D labels.
        assert config.network.lifting == ""
        start = config.network.start_from
        assert start == "" if run.startswith("maps") else Path(start).is_relative_to(tmp_path)
        assert config.network.trained == (("parts",) if run.startswith("maps") else ("pose",))
        for phase in config.phases.values():
            learns_3d = "vertices" in phase.weights
            assert ("surprise" in phase.weights) == learns_3d


def test_claims_fail_where_weak_supervision_does_not_help():
    means = {
        table2.row(training, share): mean
        for share in table2.SHARES
        for training, mean in ((table2.FS, 80.0), (table2.FS_WS, 85.0))
    }
    verdicts = table2.test(Comparison({name: [errors(mean)] for name, mean in means.items()}))
    assert not any(verdict["holds"] for verdict in verdicts.values())


def test_a_network_is_measured_once(domains, network_file, tmp_path):
    labelled, weak = domains
    study = NetworkStudy(labelled, weak, Synthetic(20, 64, ()), "tiny", 10, 10, (0,), tmp_path, 1)
    shutil.copytree(network_file.parent, study.path("fs-20-s0"))
    dataset = image_domains.held_out(labelled)
    found = study.measure("fs-20-s0", dataset)
    assert {found[metric].shape for metric in METRICS} == {(len(dataset),)}
    assert len(set(found["groups"])) == len(dataset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_study, "load_predictor", None)
        again = study.measure("fs-20-s0", dataset)
    assert all((again[metric] == found[metric]).all() for metric in METRICS)


def test_the_weak_domain_has_no_3d_labels(domains):
    sums = ImageDataset(domains[1], "train").manifest["splits"]["train"]
    assert sums["keypoints"] == sums["parts"] == sums["examples"]
    assert sums["pose"] == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"--labelled": "nowhere"}, "nowhere: expected prepared images with a manifest.json"),
        ({"--labelled": "WEAK"}, "expected training images with pose, received none with pose"),
        ({"--report": "nowhere/table2.md"}, "--report nowhere/table2.md: there is no directory"),
    ],
)
def test_wrong_input_is_one_line_before_any_training(
    reproduce, domains, training, tmp_path, capsys, changed, expected
):
    arguments = {
        "--labelled": domains[0],
        "--weak": domains[1],
        "--output": tmp_path / "output",
        **{name: domains[1] if value == "WEAK" else value for name, value in changed.items()},
    }
    words = (word for pair in arguments.items() for word in pair)
    assert reproduce("table2", *words) == command.EXIT_BAD_INPUT
    assert expected in capsys.readouterr().err
    assert not training.configs


def test_other_settings_under_the_same_output_are_one_line(
    reproduce, domains, training, measured, tmp_path, capsys
):
    arguments = ("table2", "--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    assert reproduce(*arguments, "--seeds", 1, "--steps", 4) == 0
    assert reproduce(*arguments, "--seeds", 1, "--steps", 5) == command.EXIT_BAD_INPUT
    assert "received steps 4 there, 5 here" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["tiny", "photo"])
def test_the_table_by_real_training(reproduce, domains, tmp_path, monkeypatch, preset):
    monkeypatch.setattr(table2, "SHARES", (0.0, 1.0))
    arguments = ("--labelled", domains[0], "--weak", domains[1], "--output", tmp_path)
    sizes = ("--preset", preset, "--maps_steps", 2, "--steps", 2, "--seeds", 1)
    assert reproduce("table2", *arguments, *sizes) == 0
    rows = json.loads((tmp_path / "table2.json").read_text("utf-8"))["rows"]
    assert [row["training"] for row in rows] == ["FS", "FS+WS"] * 2
    assert all(row["mpjpe_mm"] > 0 for row in rows)
