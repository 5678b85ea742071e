"""The package's main jobs run with the oldest and the newest versions that `setup.cfg` allows."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SMOKE = ROOT / "tests" / "smoke.py"


def _requirements():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _oldest(requirement):
    """`numpy>=2.0` as `numpy==2.0`."""
    return re.fullmatch(r"([\w.-]+)>=([\d.]+)", requirement).expand(r"\1==\2")


CHOICES = {
    "oldest": lambda: [_oldest(line) for line in _requirements()],
    "newest": _requirements,
}


def test_every_requirement_states_its_oldest_version():
    without = [line for line in _requirements() if not re.fullmatch(r"[\w.-]+>=[\d.]+", line)]
    assert not without


@pytest.mark.slow
@pytest.mark.needs_network
@pytest.mark.parametrize("choice", CHOICES)
def test_the_main_jobs_run_with_versions(choice, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = str(venv / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *CHOICES[choice]()], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    output = tmp_path / "output"
    output.mkdir()
    subprocess.run(
        [python, str(SMOKE), str(output)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=3600,
    )
