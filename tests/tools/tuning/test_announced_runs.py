import json
import sys
import threading
from pathlib import Path

import pytest

from hps_tf.errors import InputError
from tools.tuning.announced_runs import AnnouncedRuns
from tools.tuning.training_job import TrainingJob

PROGRAM = (sys.executable, str(Path(__file__).with_name("program.py")))


@pytest.fixture
def announced(tmp_path):
    return AnnouncedRuns(tmp_path, "tuner0")


@pytest.fixture
def announce(announced, tmp_path):
    def say(run, config, until=20, **settings):
        directory = tmp_path / "runs" / run
        directory.mkdir(parents=True)
        (directory / "config.json").write_text(json.dumps({**config.to_dict(), **settings}))
        announced.announce(run, until)

    return say


def _starts(tmp_path, run):
    path = tmp_path / "runs" / run / "run" / "starts"
    return path.read_text().splitlines() if path.exists() else []


def test_the_others_train_what_the_first_announces_once_until_the_end(
    announced, announce, config, tmp_path
):
    follower = threading.Thread(target=announced.follow, args=(PROGRAM, 1), daemon=True)
    follower.start()
    for run, failure in (("a", ""), ("b", "diverges"), ("c", "")):
        announce(run, config, fails=failure)
        while not _starts(tmp_path, run):
            assert follower.is_alive()
        follower.join(timeout=1.5)
    announced.end()
    follower.join(timeout=10)
    assert not follower.is_alive()
    assert [len(_starts(tmp_path, run)) for run in "abc"] == [1, 1, 1]
    assert (tmp_path / "runs" / "a" / "output-1.txt").exists()


def test_the_word_of_an_earlier_search_is_forgotten(announced):
    announced.end()
    announced.follow(PROGRAM, 1)
    announced.forget()
    follower = threading.Thread(target=announced.follow, args=(PROGRAM, 1), daemon=True)
    follower.start()
    follower.join(timeout=1.5)
    assert follower.is_alive()
    announced.end()
    follower.join(timeout=10)
    assert not follower.is_alive()


def test_bad_input_ends_the_others_too(announced, announce, config):
    announce("a", config, fails="bad input")
    with pytest.raises(InputError, match="no such directory"):
        announced.follow(PROGRAM, 1)


def test_the_config_of_a_run_is_written_once(config, tmp_path):
    job = TrainingJob(tmp_path / "job", PROGRAM)
    first = job.prepare(config)
    written = first.stat().st_mtime_ns
    assert job.prepare(config) == first
    assert first.stat().st_mtime_ns == written
