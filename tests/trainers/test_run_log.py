import json

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainers.run_log import RunLog


def _lines(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]


def _scalars(workdir, name):
    events = EventAccumulator(str(workdir / "tensorboard"))
    events.Reload()
    return [
        (event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(name)
    ]


@pytest.fixture
def begun(tmp_path):
    """A log of steps 0 to 30."""
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    for step in (10, 20, 30):
        log.add({"loss": 10.0 * step})
        log.write_means(step, learning_rate=0.1)
    return tmp_path


def test_means_are_over_the_steps_since_the_last_record(tmp_path):
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    log.add({"loss": 6.0})
    log.add({"loss": 3.0})
    log.write_means(3, learning_rate=0.1)
    log.add({"loss": 2.0})
    log.write_means(4, learning_rate=0.1)
    assert [line["loss"] for line in _lines(tmp_path)] == [3.0, 2.0]


def test_resumed_log_repeats_no_step(begun):
    log = RunLog(begun, step=20, steps=100, silent=False)
    log.add({"loss": 50.0})
    log.write_means(30, learning_rate=0.1)
    assert [(line["step"], line["loss"]) for line in _lines(begun)] == [(10, 10), (20, 20), (30, 5)]
    assert _scalars(begun, "loss") == [(10, 10), (20, 20), (30, 5)]


def test_run_that_begins_anew_has_one_first_validation(tmp_path):
    for _ in range(2):  # The first was killed before its first checkpoint.
        log = RunLog(tmp_path, step=0, steps=100, silent=False)
        log.write_validation(0, {"loss": 1.0}, is_best=True)
    assert [line["step"] for line in _lines(tmp_path)] == [0]


def test_half_a_line_left_by_a_killed_process_is_dropped(begun):
    with (begun / "log.jsonl").open("a") as file:
        file.write('{"step": 40, "lo')
    RunLog(begun, step=40, steps=100, silent=False)
    assert [line["step"] for line in _lines(begun)] == [10, 20, 30]


def test_validation_has_names_of_its_own(tmp_path):
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    log.write_validation(0, {"loss": 2.0}, is_best=True)
    assert _lines(tmp_path) == [{"step": 0, "validation/loss": 2.0}]
    assert _scalars(tmp_path, "validation/loss") == [(0, 2.0)]


def test_terminal_shows_step_rate_and_time_left(begun, capsys):
    log = RunLog(begun, step=30, steps=100, silent=False)
    log.add({"loss": 10.0})
    log.write_means(40, learning_rate=0.1)
    line = capsys.readouterr().out
    assert line.startswith("step 40/100  loss 1.0000  ")
    assert "steps/s  at most 0:00:" in line


def test_silent_log_writes_nothing(tmp_path, capsys):
    log = RunLog(tmp_path, step=0, steps=100, silent=True)
    log.add({"loss": 1.0})
    log.write_means(1, learning_rate=0.1)
    log.write_validation(1, {"loss": 1.0}, is_best=True)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""
