import json

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainers.run_log import RunLog


def _lines(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]


def _events(workdir, run):
    events = EventAccumulator(str(workdir / "tensorboard" / run))
    return events.Reload()


def _scalars(workdir, run, name):
    events = _events(workdir, run)
    return [
        (event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(name)
    ]


@pytest.fixture
def begun(tmp_path):
    """A log of steps 0 to 30."""
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    for step in (10, 20, 30):
        log.add(step, {"loss": 10.0 * step})
        log.write_means(step, learning_rate=0.1)
    return tmp_path


def test_means_are_over_the_steps_since_the_last_record(tmp_path):
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    log.add(2, {"loss": 6.0})
    log.add(3, {"loss": 3.0})
    log.write_means(3, learning_rate=0.1)
    log.add(4, {"loss": 2.0})
    log.write_means(4, learning_rate=0.1)
    assert [line["loss"] for line in _lines(tmp_path)] == [3.0, 2.0]


def test_resumed_log_repeats_no_step(begun):
    log = RunLog(begun, step=20, steps=100, silent=False)
    log.add(30, {"loss": 50.0})
    log.write_means(30, learning_rate=0.1)
    assert [(line["step"], line["loss"]) for line in _lines(begun)] == [(10, 10), (20, 20), (30, 5)]
    assert _scalars(begun, "train", "loss") == [(10, 10), (20, 20), (30, 5)]


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
    assert _scalars(tmp_path, "validation", "loss") == [(0, 2.0)]


def test_terminal_shows_step_rate_and_time_left(begun, capsys):
    log = RunLog(begun, step=30, steps=100, silent=False)
    log.add(35, {"loss": 5.0})
    log.add(40, {"loss": 5.0})
    log.write_means(40, learning_rate=0.1)
    line = capsys.readouterr().out
    assert line.startswith("step 40/100  loss 1.0000  ")
    assert "steps/s  0:00:" in line
    assert line.endswith(" left\n")


def test_the_time_left_leaves_out_the_call_that_compiles(tmp_path, monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr("trainers.run_log.time.perf_counter", lambda: clock[0])
    log = RunLog(tmp_path, step=0, steps=100, silent=False)
    for step, now in ((10, 60.0), (15, 65.0), (20, 70.0)):  # A minute of compilation.
        clock[0] = now
        log.add(step, {"loss": 1.0})
    log.write_means(20, learning_rate=0.1)
    assert "1.0 steps/s  0:01:20 left" in capsys.readouterr().out


def test_tensorboard_has_histograms_pictures_and_settings(tmp_path):
    log = RunLog(
        tmp_path, step=0, steps=10, silent=False, settings={"optimizer.learning_rate": 0.1}
    )
    log.write_weights(5, [tf.Variable([1.0, 2.0], name="kernel")])
    log.write_picture(10, "labelled", np.zeros((4, 6, 3), np.uint8))
    assert any("weights/" in tag for tag in _events(tmp_path, "train").Tags()["tensors"])
    validation = _events(tmp_path, "validation")
    assert "labelled" in validation.Tags()["tensors"]
    assert "hparams" in validation.PluginTagToContent("hparams") or validation.summary_metadata


def test_silent_log_writes_nothing(tmp_path, capsys):
    log = RunLog(tmp_path, step=0, steps=100, silent=True)
    log.add(1, {"loss": 1.0})
    log.write_means(1, learning_rate=0.1)
    log.write_validation(1, {"loss": 1.0}, is_best=True)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""
