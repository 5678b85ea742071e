"""A worker of a job over several is killed; all are started again, as a cluster does it."""

import signal
import time

import numpy as np
import pytest

from trainers.failures import EXIT_LOST_WORKER

# Dropout has a state of its own; the average, the optimizer and the best weights have theirs.
SETTINGS = {"strategy": "multi_worker", "steps": 400, "dropout": 0.2, "xla": True}


def _finish(processes):
    for process in processes:
        output, errors = process.communicate()
        assert process.returncode == 0, output[-2000:] + errors[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1], ids=["chief", "other"])
def test_job_that_lost_a_worker_ends_bit_equal_to_an_undisturbed_one(
    victim, start_toy, two_workers, records, final_state, tmp_path
):
    def start(workdir):
        return [start_toy(workdir, environment, **SETTINGS) for environment in two_workers]

    undisturbed = tmp_path / "undisturbed"
    _finish(start(undisturbed))

    workdir = tmp_path / "disturbed"
    processes = start(workdir)
    while not (workdir / "checkpoints" / "ckpt-200.index").exists():
        assert processes[0].poll() is None, processes[0].communicate()[1][-2000:]
        time.sleep(0.01)
    processes[victim].kill()
    survivor = processes[1 - victim]
    _, errors = survivor.communicate()
    assert processes[victim].wait() == -signal.SIGKILL
    assert survivor.returncode == EXIT_LOST_WORKER
    last = errors.splitlines()[-1]
    assert last.startswith("trainers.train: error: another worker was lost (")
    assert not (workdir / "summary.json").exists()
    _finish(start(workdir))

    assert records(workdir) == records(undisturbed)
    state, expected = final_state(workdir), final_state(undisturbed)
    assert state.keys() == expected.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    weights, expected = (np.load(path / "weights.npz") for path in (workdir, undisturbed))
    for name in weights.files:
        np.testing.assert_array_equal(weights[name], expected[name], err_msg=name)


@pytest.mark.slow
def test_workers_that_do_not_share_the_run_directory_are_told(
    start_toy, train_toy, two_workers, tmp_path
):
    settings = {**SETTINGS, "steps": 40}
    train_toy(tmp_path / "a", **{**settings, "strategy": "none", "steps": 20})
    processes = [
        start_toy(tmp_path / name, environment, **settings)
        for name, environment in zip("ab", two_workers, strict=True)
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 2
        assert "must be on storage that all of them see" in errors.splitlines()[-1]
