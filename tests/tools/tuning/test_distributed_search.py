"""Searches over processes of this machine, as over several machines."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TUNE, TOY = HERE / "toy_tune.py", HERE.parents[1] / "trainers" / "toy.py"


@pytest.fixture
def start(tmp_path):
    """Starts a process of a search; ended with the test."""
    port = _free_port()
    space = tmp_path / "space.py"
    space.write_text(
        "def choose(hp, config):\n"
        "    rate = hp.Float('learning_rate', 1e-3, 1e-1, sampling='log')\n"
        "    config.optimizer.learning_rate = rate\n"
    )
    started = []

    def begin(name, *argv, environment=None):
        cluster = {
            "KERASTUNER_TUNER_ID": name,
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": str(port),
        }
        arguments = [
            f"--config={TOY}",
            f"--space={space}",
            f"--directory={tmp_path / 'search'}",
            *argv,
        ]
        output = (tmp_path / f"output-{len(started)}.txt").open("w")
        process = subprocess.Popen(
            [sys.executable, str(TUNE), *arguments],
            env={**os.environ, **cluster, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        process.output = Path(output.name)
        return process

    yield begin
    for process in started:
        _kill(process)


def _free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def _children(process):
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def _kill(process):
    """Kills a process of a search with the training that it started, as a machine that fails."""
    children = _children(process)
    process.kill()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    process.wait()


def _finish(*processes):
    for process in processes:
        process.wait()
        assert process.returncode == 0, process.output.read_text()[-3000:]


def _newest_checkpoint(run):
    steps = [int(path.stem.removeprefix("ckpt-")) for path in run.glob("checkpoints/*.index")]
    return max(steps, default=0)


@pytest.mark.slow
def test_a_killed_worker_loses_no_more_than_its_trials_unsaved_steps(start, records, tmp_path):
    options = ["--oracle=hyperband", "--config.steps=9000", "--config.validate_every=3000"]
    options += ["--config.checkpoint_every=300", "--config.dropout=0.2"]
    chief = start("chief", *options)
    workers = [start(f"tuner{number}", *options) for number in range(2)]
    runs = tmp_path / "search" / "runs"

    victim = workers[1]
    while not (found := re.findall(r"^trial (\d+)  step", victim.output.read_text(), re.M)):
        assert victim.poll() is None, victim.output.read_text()[-2000:]
        time.sleep(0.1)
    trial = found[-1]
    while (saved := _newest_checkpoint(runs / trial / "run")) < 600:
        time.sleep(0.02)
    assert saved < 3000
    _kill(victim)
    saved = _newest_checkpoint(runs / trial / "run")
    assert saved < 3000
    workers[1] = start("tuner1", *options)
    output = runs / trial / "output-0.txt"
    before = output.stat().st_ino, output.stat().st_mtime
    while (output.stat().st_ino, output.stat().st_mtime) == before or "step" not in (
        output.read_text()
    ):
        assert workers[1].poll() is None
        time.sleep(0.05)
    first = int(re.search(r"^step (\d+)/9000", output.read_text(), re.M)[1])
    assert saved < first <= saved + 10  # The record after the checkpoint.
    _finish(chief, *workers)

    results = json.loads((tmp_path / "search" / "results.json").read_text())
    assert [each["status"] for each in results["trials"]] == ["COMPLETED"] * 6
    assert sorted(each["steps"] for each in results["trials"]) == [3000] * 3 + [9000] * 3
    # A promoted trial trained on in the run of the one it grew from.
    assert len(list(runs.iterdir())) == len({each["run"] for each in results["trials"]}) == 5

    alone = tmp_path / "alone"
    until = max(each["steps"] for each in results["trials"] if each["run"] == trial)
    config = runs / trial / "config.json"
    subprocess.run(
        [sys.executable, TOY, f"--config={config}", f"--workdir={alone}", f"--until={until}"],
        check=True,
        capture_output=True,
    )
    assert records(runs / trial / "run") == records(alone)


@pytest.mark.slow
def test_trials_of_several_workers_are_reported_once(start, two_workers, tmp_path):
    options = ["--max_trials=2", "--config.strategy=multi_worker"]
    chief = start("chief", *options)
    members = [start("tuner0", *options, environment=each) for each in two_workers]
    _finish(chief, *members)
    results = json.loads((tmp_path / "search" / "results.json").read_text())
    assert [each["status"] for each in results["trials"]] == ["COMPLETED"] * 2
    (trial, *_) = (tmp_path / "search" / "trials").glob("trial_*/trial.json")
    history = json.loads(trial.read_text())["metrics"]["metrics"]["val_loss"]["observations"]
    assert [(each["step"], len(each["value"])) for each in history] == [
        (0, 1), (20, 1), (40, 1), (60, 1)
    ]  # fmt: skip
