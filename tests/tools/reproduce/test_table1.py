import json
import sys

import pytest
from PIL import Image

from hps_tf.cli import command
from tools.reproduce import __main__ as program
from tools.reproduce import table1, workers


def run_in_this_process(function, jobs, num_processes, while_waiting):
    for job in jobs:
        function(job)
        while_waiting()


@pytest.fixture
def reproduce(monkeypatch):
    monkeypatch.setattr(workers, "run", run_in_this_process)
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)

    def run(*arguments):
        """Runs the program; returns its exit code."""
        monkeypatch.setattr(sys, "argv", ["tools.reproduce", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            command.run(program.main, "tools.reproduce")
        return exit_.value.code

    return run


def test_the_whole_table_from_a_directory_of_runs(
    reproduce, fake_fitter, data, priors, tmp_path, capsys
):
    output, extra = tmp_path / "output", tmp_path / "figures.json"
    arguments = (
        *("table1", "--data", data, "--num_images", 9, "--priors", priors),
        *("--output", output, "--json", extra),
    )
    assert reproduce(*arguments) == 0
    printed = capsys.readouterr().out
    assert "no runs of hmr-wide, vposer-wide: their rows are left out" in printed
    content = json.loads((output / "table1.json").read_text("utf-8"))
    assert content == json.loads(extra.read_text("utf-8"))
    rows = [(row["prior"], row["features"], row["start"]) for row in content["rows"]]
    assert rows.count(("flow", "KA", "mode")) == 8
    assert rows.count(("flow", "KA+BA", "mode")) == 4
    assert "matched_start/flow_better_than_gaussian" in content["claims"]
    assert (output / "table1.md").read_text("utf-8") in printed
    with Image.open(output / "table1.png") as picture:
        assert picture.width > 1000

    num_fits = len(fake_fitter.fitted)
    assert reproduce(*arguments) == 0
    assert len(fake_fitter.fitted) == num_fits


def test_other_settings_under_the_same_output_are_one_line(
    reproduce, fake_fitter, data, few_priors, tmp_path, capsys
):
    arguments = ("table1", "--data", data, "--priors", few_priors, "--output", tmp_path / "output")
    assert reproduce(*arguments, "--num_images", 3) == 0
    capsys.readouterr()
    assert reproduce(*arguments, "--num_images", 4) == command.EXIT_BAD_INPUT
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "received num_images 3 there, 4 here" in error


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"--data": "nowhere"},
            "--data nowhere: expected prepared motion (of tools.prepare_mocap), received none",
        ),
        ({"--priors": "nowhere"}, "--priors nowhere: expected a directory of runs"),
        ({"--num_images": 1000}, "people: expected at most the 24 of the data, received 1000"),
        ({"--json": "nowhere/figures.json"}, "--json nowhere/figures.json: there is no directory"),
    ],
)
def test_wrong_input_is_one_line_before_any_fit(
    reproduce, fake_fitter, data, few_priors, tmp_path, capsys, changed, expected
):
    arguments = {
        "--data": data,
        "--priors": few_priors,
        "--output": tmp_path / "output",
        "--num_images": 3,
        **changed,
    }
    code = reproduce("table1", *(word for pair in arguments.items() for word in pair))
    assert code == command.EXIT_BAD_INPUT
    assert expected in capsys.readouterr().err
    assert not fake_fitter.fitted


def test_missing_runs_are_trained_first(
    reproduce, fake_fitter, data, few_priors, tmp_path, monkeypatch
):
    trained = []
    monkeypatch.setattr(table1.trained_priors, "train", lambda *settings: trained.append(settings))
    arguments = ("table1", "--data", data, "--output", tmp_path / "output", "--num_images", 3)
    assert reproduce(*arguments, "--priors", few_priors, "--train_priors", 50) == 0
    assert ("flow-wide-aa", 2) in {settings[1:3] for settings in trained}
    assert {settings[4] for settings in trained} == {50}


def test_training_needs_a_place_for_its_runs(reproduce, fake_fitter, data, tmp_path, capsys):
    arguments = ("table1", "--data", data, "--output", tmp_path / "output", "--train_priors", 5)
    assert reproduce(*arguments) == command.EXIT_BAD_INPUT
    assert "--train_priors: expected --priors" in capsys.readouterr().err
