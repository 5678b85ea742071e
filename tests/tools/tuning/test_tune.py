import json
import re

import numpy as np
import pytest
from PIL import Image

from hps_tf.cli import command
from hps_tf.io import directory_lock
from tools import tune
from tools.tuning import report
from tools.tuning.training_job import TrainingJob
from trainers import arguments, settings


def _results(directory):
    return json.loads((directory / "results.json").read_text())


def _logged_steps(run):
    lines = map(json.loads, (run / "log.jsonl").read_text().splitlines())
    return [line["step"] for line in lines if "validation/loss" in line]


def test_random_search_writes_its_results(search, config, capsys):
    directory = search("--max_trials=4", "--config.fails=once")
    results = _results(directory)
    scores = [trial["score"] for trial in results["trials"]]
    assert scores == sorted(scores)
    best = results["best"]
    assert best == results["trials"][0]
    assert best["score"] == pytest.approx((best["values"]["x"] - 0.3) ** 2 + 1 / 91)
    assert (best["steps"], best["best_step"], best["status"]) == (90, 90, "COMPLETED")
    chosen = arguments.load(directory / "best_config.json")
    settings.check(chosen)
    assert chosen.to_dict() == {
        **config.to_dict(), "x": best["values"]["x"], "fails": "once"
    }  # fmt: skip
    table = (directory / "results.txt").read_text()
    assert table in capsys.readouterr().out
    title, columns, *_ = table.splitlines()
    assert title == "val_loss: lower is better"
    assert columns.split() == ["trial", "val_loss", "at", "step", "of", "x"]
    with Image.open(directory / "parallel_coordinates.png") as picture:
        assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 4


def test_hyperband_goes_on_in_the_runs_of_shorter_trials(search):
    directory = search("--oracle=hyperband")
    trials = _results(directory)["trials"]
    assert sorted(trial["steps"] for trial in trials) == [10] * 9 + [30] * 8 + [90] * 6
    by_run = {}
    for trial in trials:
        by_run[trial["run"]] = max(by_run.get(trial["run"], 0), trial["steps"])
    runs = directory / "runs"
    assert {path.name for path in runs.iterdir()} == set(by_run)
    assert len(by_run) == 9 + 5 + 3
    for run, steps in by_run.items():
        assert _logged_steps(runs / run / "run") == list(range(0, steps + 1, 10))
    # A third of the first nine went on: the best.
    first = sorted(trials, key=lambda trial: trial["trial"])[:9]
    errors = {trial["run"]: abs(trial["values"]["x"] - 0.3) for trial in first}
    went_on = [run for run in errors if by_run[run] > 10]
    assert sorted(went_on) == sorted(sorted(errors, key=errors.get)[:3])


def test_bayesian_search_and_a_direction(search):
    directory = search(
        "--oracle=bayesian", "--max_trials=4", "--objective=val_gain", "--direction=max"
    )
    results = _results(directory)
    scores = [trial["score"] for trial in results["trials"]]
    assert scores == sorted(scores, reverse=True)
    assert results["objective"] == "val_gain"


def test_a_finished_search_is_not_searched_again(search):
    before = _results(search("--max_trials=2"))
    directory = search("--max_trials=2")
    assert _results(directory) == before
    starts = [path.read_text() for path in directory.glob("runs/*/run/starts")]
    assert [len(each.splitlines()) for each in starts] == [1, 1]


def test_more_trials_go_on_from_a_finished_search(search):
    first = _results(search("--max_trials=1"))["trials"]
    more = _results(search("--max_trials=2"))["trials"]
    assert len(more) == 2
    assert first[0] in more


def test_a_damaged_search_is_refused(search, refused, capsys):
    (search("--max_trials=1") / "trials" / "oracle.json").write_text("{")
    capsys.readouterr()
    assert "trials: a file is damaged (" in refused("--max_trials=1")


def test_an_interrupted_search_goes_on_with_the_same_trials(search, monkeypatch, tmp_path):
    train = TrainingJob.train

    def interrupted(job, config, until):
        for step, figures in train(job, config, until):
            if job.run.parent.name == "1" and step > 30:
                raise KeyboardInterrupt
            yield step, figures

    monkeypatch.setattr(TrainingJob, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search("--max_trials=3")
    assert not (tmp_path / "search" / "results.json").exists()
    runs = tmp_path / "search" / "runs"
    x = json.loads((runs / "1" / "config.json").read_text())["x"]
    monkeypatch.undo()
    results = _results(search("--max_trials=3"))
    assert len(results["trials"]) == 3
    assert {trial["trial"]: trial["values"]["x"] for trial in results["trials"]}["1"] == x
    starts = [len((runs / str(n) / "run" / "starts").read_text().splitlines()) for n in range(3)]
    assert starts == [1, 2, 1]
    history = json.loads((tmp_path / "search/trials/trial_1/trial.json").read_text())
    observations = history["metrics"]["metrics"]["val_loss"]["observations"]
    assert [len(each["value"]) for each in observations] == [1] * 10


def test_a_search_survives_trials_that_diverge(search, tmp_path, capsys):
    (tmp_path / "space.py").write_text(
        "def choose(hp, config):\n"
        "    config.x = hp.Float('x', 0.0, 1.0)\n"
        "    config.fails = 'diverges' if config.x > 0.5 else ''\n"
    )
    results = _results(search("--max_trials=6"))
    statuses = {trial["status"] for trial in results["trials"]}
    assert statuses == {"COMPLETED", "FAILED"}
    assert results["best"]["values"]["x"] <= 0.5
    assert results["trials"][-1]["score"] is None
    assert re.search(r"trial \d failed: the loss became NaN", capsys.readouterr().out)


def test_a_search_without_any_result_says_so(search):
    with pytest.raises(SystemExit, match="error: all trials failed; see"):
        search("--max_trials=2", "--config.fails=diverges")


REFUSED = {
    "no config": (["--config=missing.py"], "received missing.py"),
    "no space": (["--space=missing.py"], "--space: there is no file missing.py"),
    "unknown setting": (["--config.stepz=1"], "did you mean --config.steps"),
    "bad setting": (["--config.batch_size=0"], "config.batch_size: expected a number above 0"),
    "unknown argument": (["--oracles=random"], "unknown argument --oracles"),
    "no figure": (
        ["--objective=loss"],
        "--objective: expected one that begins with val_, received loss",
    ),
    "number for hyperband": (["--oracle=hyperband", "--max_trials=3"], "number of trials follows"),
    "odd steps for hyperband": (["--oracle=hyperband", "--config.steps=95"], "a multiple of"),
    "few steps for hyperband": (["--oracle=hyperband", "--config.steps=20"], "at least 3 times"),
    "no trials": (["--max_trials=0"], "--max_trials: expected a number above 0, received 0"),
    "no seed": (["--seed=0"], "--seed: expected a number above 0, received 0"),
    "no chief": (["--config.strategy=multi_worker"], "need a chief"),
}


@pytest.mark.parametrize(("argv", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_one_line_and_nothing_is_written(refused, argv, message, tmp_path):
    assert message in refused(*argv)
    assert not (tmp_path / "search").exists()


def test_an_unknown_objective_names_those_there_are(refused):
    line = refused("--objective=val_mpjpe")
    assert "--objective val_mpjpe: no such figure; there are val_loss, val_gain" in line


def test_what_a_training_refuses_ends_the_search(refused):
    line = refused("--config.fails=bad input")
    assert "trial 00 ({'x': " in line
    assert "config.data.path: no such directory" in line


def test_another_search_in_the_same_directory_is_refused(search, refused, tmp_path, capsys):
    search("--max_trials=1")
    capsys.readouterr()
    assert "expected a search with the same settings, received seed 1 there, 2 here" in refused(
        "--max_trials=1", "--seed=2"
    )
    (tmp_path / "space.py").write_text("def choose(hp, config):\n    hp.Int('y', 1, 2)\n")
    assert "expected a search with the same settings, received space " in refused("--max_trials=1")
    (tmp_path / "search" / "search.json").write_text("{")
    assert "search.json: expected JSON" in refused("--max_trials=1")


def test_a_file_in_place_of_the_directory_is_refused(refused, tmp_path):
    (tmp_path / "search").write_text("")
    assert "expected a directory, received a file" in refused()


def test_half_a_cluster_is_refused(refused, monkeypatch):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "tuner0")
    line = refused()
    assert "received none of KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT" in line


def test_help_tells_how(capsys):
    with pytest.raises(SystemExit) as exit_:
        command.run(lambda: tune.main(["--help"]), "tools.tune")
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    assert "KERASTUNER_TUNER_ID" in text
    assert "best_config.json" in text


DAMAGE = {
    "empty": lambda path: path.write_text(""),
    "cut": lambda path: path.write_text(path.read_text()[:100]),
    "other JSON": lambda path: path.write_text("[]"),
    "no metrics": lambda path: path.write_text('{"trial_id": "0", "hyperparameters": {}}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_search_goes_on_without_a_damaged_trial(search, capsys, damage):
    directory = search("--max_trials=3")
    damaged = directory / "trials" / "trial_0" / "trial.json"
    DAMAGE[damage](damaged)
    capsys.readouterr()
    before = {trial["trial"]: trial for trial in _results(directory)["trials"]}
    trials = _results(search("--max_trials=4"))["trials"]
    assert f"{damaged}: damaged; the search continues without this trial" in capsys.readouterr().out
    after = {trial["trial"]: trial for trial in trials}
    assert after.keys() == {"0", "1", "2", "3"}
    assert after["1"] == before["1"]
    assert after["2"] == before["2"]
    assert after["0"]["status"] == "FAILED"
    assert after["0"]["score"] is None
    assert after["3"]["status"] == "COMPLETED"


def test_hyperband_goes_on_without_damaged_trials(search):
    directory = search("--oracle=hyperband")
    before = _results(directory)
    for name in ("00", "22", "0000", "0022"):
        path = directory / "trials" / f"trial_{name}" / "trial.json"
        if path.exists():
            path.write_text("")
    after = _results(search("--oracle=hyperband"))
    failed = [trial for trial in after["trials"] if trial["status"] == "FAILED"]
    assert 1 <= len(failed) <= 2
    runs = {trial["trial"]: trial["run"] for trial in before["trials"]}
    assert all(trial["run"] == runs[trial["trial"]] for trial in after["trials"])


def test_a_second_search_in_the_same_directory_at_once_is_refused(search, refused, tmp_path):
    with directory_lock.held(tmp_path / "search", "it"):
        assert "is in use by process" in refused("--max_trials=1")
    search("--max_trials=1")


@pytest.mark.parametrize(
    ("objective", "unit"),
    [
        ("val_loss", "nats"),
        ("val_labelled/pa_mpjpe_mm", "millimetres"),
        ("val_keypoint_error_px", "pixels"),
        ("val_part_iou", ""),
    ],
)
def test_the_unit_of_an_objective_is_that_of_its_figure(objective, unit):
    assert report.unit_of(objective, "nats") == unit
