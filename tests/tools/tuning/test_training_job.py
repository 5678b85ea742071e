import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from ml_collections import ConfigDict

from hps_tf.errors import InputError
from tools.tuning.training_job import JobFailedError, TrainingJob

PROGRAM = (sys.executable, str(Path(__file__).with_name("program.py")))


@pytest.fixture
def job(tmp_path):
    return TrainingJob(tmp_path / "job", PROGRAM)


def _starts(job):
    return (job.run / "starts").read_text().splitlines()


def _with(config, **settings):
    return ConfigDict({**config.to_dict(), **settings})


def test_validations_come_in_order_and_only_up_to_the_step(job, config):
    found = list(job.train(config, until=20))
    assert [step for step, _ in found] == [0, 10, 20]
    assert found[0][1] == pytest.approx({"loss": 1.04, "gain": -1.04})


def test_a_longer_training_goes_on_in_the_same_run(job, config):
    list(job.train(config, until=20))
    assert [step for step, _ in job.train(config, until=40)] == [0, 10, 20, 30, 40]
    assert [step for step, _ in job.train(config, until=20)] == [0, 10, 20]
    lines = (job.run / "log.jsonl").read_text().splitlines()
    assert len(lines) == 2 * 5


def test_a_training_that_died_is_started_again(job, config):
    found = list(job.train(_with(config, fails="once"), until=20))
    assert [step for step, _ in found] == [0, 10, 20]
    assert len(_starts(job)) == 2


def test_a_training_that_dies_again_and_again_fails(job, config):
    with pytest.raises(JobFailedError, match=r"ended 3 times with exit code -9; see .*output-0"):
        list(job.train(_with(config, fails="always"), until=90))
    assert len(_starts(job)) == 3


def test_a_diverged_training_fails_at_once(job, config):
    with pytest.raises(JobFailedError, match=r"^the loss became NaN$"):
        list(job.train(_with(config, fails="diverges"), until=90))
    assert len(_starts(job)) == 1


def test_bad_input_of_a_training_is_that_of_the_search(job, config):
    with pytest.raises(InputError, match=r"^config\.data\.path: no such directory$"):
        list(job.train(_with(config, fails="bad input"), until=90))


def test_a_training_left_early_is_ended(job, config):
    found = job.train(_with(config, fails="waits"), until=90)
    next(found)
    found.close()
    pid = int(_starts(job)[0].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _train(directory, config):
    list(TrainingJob(directory, PROGRAM).train(ConfigDict(config), until=90))


def test_a_training_whose_master_was_killed_is_waited_for(job, config, tmp_path):
    settings = {**config.to_dict(), "fails": "waits"}
    context = multiprocessing.get_context("spawn")
    master, next_ = (
        context.Process(target=_train, args=(tmp_path / "job", settings)) for _ in range(2)
    )
    master.start()
    while not (job.run / "log.jsonl").exists():
        assert master.is_alive()
        time.sleep(0.02)
    os.kill(master.pid, signal.SIGKILL)
    master.join()
    next_.start()
    next_.join(timeout=2.0)
    assert len(_starts(job)) == 1  # It waits for the training that is under way.
    os.kill(int(_starts(job)[0].split()[0]), signal.SIGKILL)
    next_.join()
    assert next_.exitcode == 0
    assert len(_starts(job)) == 2
