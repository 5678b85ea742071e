import os
import time

import pytest

from hps_tf.errors import InputError
from tools.reproduce import workers


def write_name(path):
    path.write_text(str(os.getpid()))


def fail_or_sleep(path):
    if path.name == "wrong":
        raise InputError(f"{path}: expected another name")
    time.sleep(60)
    path.write_text("too late")


def die(path):
    os._exit(9)


def test_every_job_runs_in_a_process_of_its_own(tmp_path):
    jobs = [tmp_path / str(index) for index in range(3)]
    calls = []
    workers.run(write_name, jobs, 2, lambda: calls.append(1))
    pids = {int(path.read_text()) for path in jobs}
    assert len(pids) == 3
    assert os.getpid() not in pids
    assert calls


def test_wrong_input_is_raised_here_and_stops_the_others(tmp_path):
    begin = time.monotonic()
    with pytest.raises(InputError, match="wrong: expected another name"):
        workers.run(fail_or_sleep, [tmp_path / "slow", tmp_path / "wrong"], 2, lambda: None)
    assert time.monotonic() - begin < 50
    assert not (tmp_path / "slow").exists()


def test_a_process_that_dies_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="a process ended with exit code 9"):
        workers.run(die, [tmp_path / "any"], 1, lambda: None)
