import random
import signal
import time

import numpy as np
import pytest

# Dropout has a state of its own; batches hold noise; log and checkpoint intervals agree.
SETTINGS = {
    "steps": 700,
    "dropout": 0.2,
    "xla": True,
    "log_every": 50,
    "validate_every": 50,
    "checkpoint_every": 50,
}


@pytest.fixture(scope="module")
def uninterrupted(toy, tmp_path_factory):
    from trainers import train

    workdir = tmp_path_factory.mktemp("uninterrupted")
    settings = [f"--config.{name}={value}" for name, value in SETTINGS.items()]
    train.main([f"--config={toy.__file__}", f"--workdir={workdir}", *settings])
    return workdir


def _wait_for_step(process, workdir, step):
    log = workdir / "log.jsonl"
    while process.poll() is None:
        if log.exists() and f'"step": {step},' in log.read_text():
            return
        time.sleep(0.005)
    pytest.fail(f"the process ended before step {step}: {process.communicate()[1][-2000:]}")


def _assert_same_run(workdir, other, records, final_state):
    assert records(workdir) == records(other)
    state, expected = final_state(workdir), final_state(other)
    assert state.keys() == expected.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    weights, expected = (np.load(path / "weights.npz") for path in (workdir, other))
    for name in weights.files:
        np.testing.assert_array_equal(weights[name], expected[name], err_msg=name)


def test_killed_run_ends_bit_equal_to_an_uninterrupted_one(
    start_toy, train_toy, uninterrupted, records, final_state, tmp_path
):
    process = start_toy(tmp_path, **SETTINGS)
    _wait_for_step(process, tmp_path, random.randrange(100, 400, 50))
    time.sleep(random.uniform(0.0, 0.05))
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "summary.json").exists()

    train_toy(tmp_path, **SETTINGS)
    _assert_same_run(tmp_path, uninterrupted, records, final_state)


def test_sigterm_saves_a_checkpoint_and_the_run_goes_on_bit_equal(
    start_toy, train_toy, uninterrupted, records, final_state, tmp_path
):
    process = start_toy(tmp_path, **SETTINGS)
    _wait_for_step(process, tmp_path, 200)
    process.terminate()
    output, _ = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    last = output.splitlines()[-1]
    step = int(last.removeprefix("stopped at step ").partition(";")[0])
    assert (tmp_path / "checkpoints" / f"ckpt-{step}.index").exists()

    train_toy(tmp_path, **SETTINGS)
    state, expected = final_state(tmp_path), final_state(uninterrupted)
    for name, value in state.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    validations, expected = (
        [record for record in records(path) if "validation/loss" in record]
        for path in (tmp_path, uninterrupted)
    )
    assert validations == expected


def test_run_with_a_corrupt_checkpoint_repeats_the_steps_since_the_one_before(
    train_toy, records, final_state, tmp_path, caplog
):
    settings = {**SETTINGS, "steps": 200}
    train_toy(tmp_path, **settings)
    expected_records, expected_state = records(tmp_path), final_state(tmp_path)
    data = next((tmp_path / "checkpoints").glob("ckpt-200.data*"))
    data.write_bytes(data.read_bytes()[:100])

    train_toy(tmp_path, **settings)
    assert "ckpt-200 cannot be read" in caplog.text
    assert records(tmp_path) == expected_records
    for name, value in final_state(tmp_path).items():
        np.testing.assert_array_equal(value, expected_state[name], err_msg=name)


def test_run_that_was_left_at_a_step_goes_on_bit_equal(
    toy, train_toy, records, final_state, tmp_path, capsys
):
    from trainers import train

    settings = {"steps": 100, "dropout": 0.2}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_toy(whole, **settings)
    for step in (20, 40, 40, 20):  # No step is taken twice, nor back.
        overrides = [f"--config.{name}={value}" for name, value in settings.items()]
        train.main(
            [f"--config={toy.__file__}", f"--workdir={parts}", *overrides, f"--until={step}"]
        )
        assert not (parts / "summary.json").exists()
    assert "paused at step 40; " in capsys.readouterr().out
    assert [record["step"] for record in records(parts) if "validation/loss" in record] == [
        0, 20, 40
    ]  # fmt: skip
    train_toy(parts, **settings)
    _assert_same_run(parts, whole, records, final_state)


def test_run_is_left_when_validation_has_stopped_improving(toy, records, tmp_path):
    from trainers import train

    losses = "--config.validation_losses=(2.0, 1.0, 2.0, 0.0)"
    options = ["--config.steps=100", "--config.patience=1", losses, "--until=80"]
    train.main([f"--config={toy.__file__}", f"--workdir={tmp_path}", *options])
    assert records(tmp_path)[-1]["step"] == 40
    assert not (tmp_path / "summary.json").exists()
