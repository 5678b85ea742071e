import json
import sys

import pytest
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from tools.reproduce import network_trainings

# Stands in for Python: writes the summary, unless the config says how to fail.
TRAINER = """#!{python}
import json, pathlib, sys
values = dict(argument.lstrip("-").split("=") for argument in sys.argv[3:])
settings = json.loads(pathlib.Path(values["config"]).read_text())
print("step 3/5  loss", flush=True)
if settings["code"]:
    print("config.x is wrong")
    sys.exit(settings["code"])
directory = pathlib.Path(values["workdir"])
directory.mkdir(parents=True)
(directory / "summary.json").write_text("done")
"""


@pytest.fixture(autouse=True)
def trainer(monkeypatch, tmp_path):
    path = tmp_path / "trainer"
    path.write_text(TRAINER.format(python=sys.executable))
    path.chmod(0o755)
    monkeypatch.setattr(network_trainings.sys, "executable", str(path))
    monkeypatch.setattr(network_trainings, "_SECONDS_BETWEEN_LOOKS", 0.05)


def config(code=0):
    return ConfigDict({"code": code})


@pytest.mark.parametrize("workers", [1, 2])
def test_all_runs_are_trained_and_none_twice(tmp_path, workers):
    output = tmp_path / "output"
    runs = {"a": config(), "b": config(), "c": config()}
    network_trainings.train(runs, output, workers)
    assert all(network_trainings.is_done(output, run) for run in runs)
    assert json.loads((output / "configs" / "a.json").read_text()) == {"code": 0}
    (output / "logs" / "a.txt").unlink()
    network_trainings.train(runs, output, workers)
    assert not (output / "logs" / "a.txt").exists()


def test_a_failing_run_is_named_with_its_last_line(tmp_path):
    expected = r"training b ended with exit code 2, see .*/logs/b.txt: config.x is wrong"
    with pytest.raises(InputError, match=expected):
        network_trainings.train({"a": config(), "b": config(2), "c": config()}, tmp_path, 1)
    assert network_trainings.is_done(tmp_path, "a")
    assert not network_trainings.is_done(tmp_path, "c")


def test_progress_is_the_last_step_of_the_log(tmp_path):
    network_trainings.train({"a": config()}, tmp_path, 1)
    assert network_trainings._progress("a", tmp_path) == "a 3/5"
