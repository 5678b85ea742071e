import json
import sys
from pathlib import Path

import pytest

from hps_tf.cli import command
from tools import tune
from tools.tuning import training_job
from trainers.configs import base

PROGRAM = (sys.executable, str(Path(__file__).with_name("program.py")))


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    """The stand-in trains in a fraction of the time between two looks at a training's log."""
    monkeypatch.setattr(training_job, "_POLL_SECONDS", 0.02)


@pytest.fixture
def config():
    """The config of the program that stands in for training."""
    config = base.training()
    config.task = "toy"
    config.steps = 90
    config.validate_every = config.checkpoint_every = 10
    config.x = 0.5
    config.fails = ""  # In which way it does.
    return config.lock()


@pytest.fixture
def files(config, tmp_path):
    """Arguments that name the config and a search space of x."""
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    (tmp_path / "space.py").write_text(
        "def choose(hp, config):\n    config.x = hp.Float('x', 0.0, 1.0)\n"
    )
    return [f"--config={tmp_path / 'config.json'}", f"--space={tmp_path / 'space.py'}"]


@pytest.fixture
def search(files, tmp_path):
    """Runs `tools.tune` on the stand-in; returns the search's directory."""

    def run(*argv):
        tune.main([*files, f"--directory={tmp_path / 'search'}", *argv], program=PROGRAM)
        return tmp_path / "search"

    return run


@pytest.fixture
def refused(files, tmp_path, capsys):
    """Runs `tools.tune` on what it must refuse; returns its one line."""

    def run(*argv):
        with pytest.raises(SystemExit) as exit_:
            command.run(
                lambda: tune.main(
                    [*files, f"--directory={tmp_path / 'search'}", *argv], program=PROGRAM
                ),
                "tools.tune",
            )
        assert exit_.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("tools.tune: error: ")
        return line

    return run
