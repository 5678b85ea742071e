import json
import sys

import pytest
import tensorflow as tf

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.io import directory_lock
from trainers import failures, train
from trainers.arguments import CONFIGS


@pytest.fixture
def fail(capsys):
    """Runs the program on arguments it must refuse; returns its one line."""

    def run(*argv):
        with pytest.raises(SystemExit) as exit_:
            command.run(lambda: train.main(argv), "trainers.train")
        assert exit_.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return run


PRIOR = f"--config={CONFIGS / 'prior_6d_light.py'}"

REFUSED = {
    "no such config": (["--config=missing.py"], "received missing.py"),
    "unknown key": ([PRIOR, "--config.stepz=1"], "did you mean --config.steps"),
    "wrong type": ([PRIOR, "--config.batch_size=big"], "config.batch_size=big"),
    "left over": ([PRIOR, "extra"], "left over: extra"),
    "unknown flag": ([PRIOR, "--gpu"], "unknown argument --gpu"),
    "negative batch size": (
        [PRIOR, "--config.batch_size=-4"],
        "batch_size: expected a number above",
    ),
    "no step": ([PRIOR, "--until=0"], "--until: expected a step above 0, received 0"),
    "unknown strategy": ([PRIOR, "--config.strategy=all"], "one of none, mirrored, multi_worker"),
    "unknown precision": ([PRIOR, "--config.precision=half"], "one of float32, mixed_bfloat16"),
    "no cluster": ([PRIOR, "--config.strategy=multi_worker"], "TF_CONFIG"),
    "unknown task": ([PRIOR, "--config.task=poser"], "config.task: expected one of prior"),
    "unknown preset": ([PRIOR, "--config.prior.preset=nvp"], "expected one of realnvp, light"),
    "unknown space": ([PRIOR, "--config.prior.space=7d"], "one of axis_angle, 6d"),
    "wrong option": ([PRIOR, "--config.prior.options.num_steps=x"], "num_steps=x"),
    "no data": ([PRIOR], "config.data.path: expected a directory"),
    "missing data": ([PRIOR, "--config.data.path=nowhere"], "nowhere: expected prepared motion"),
    "data not prepared": ([PRIOR, f"--config.data.path={CONFIGS}"], "expected prepared motion"),
}


@pytest.mark.parametrize(("argv", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_one_line_and_nothing_is_written(fail, argv, message, tmp_path, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    line = fail(*argv, f"--workdir={tmp_path / 'run'}")
    assert line.startswith("trainers.train: error: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_run_with_another_config_is_refused(train_toy, fail, toy, tmp_path):
    train_toy(tmp_path, steps=5)
    line = fail(f"--config={toy.__file__}", f"--workdir={tmp_path}", "--config.seed=1")
    assert "expected a run with the same settings, received seed 0 there, 1 here" in line


def test_unreadable_checkpoints_are_one_line(train_toy, fail, toy, tmp_path):
    train_toy(tmp_path, steps=5)
    for path in (tmp_path / "checkpoints").glob("*.index"):
        path.write_bytes(b"")
    line = fail(f"--config={toy.__file__}", f"--workdir={tmp_path}", "--config.steps=5")
    assert "no checkpoint can be read (tried ckpt-5)" in line


def test_run_directory_holds_all_that_is_promised(train_toy, tmp_path):
    train_toy(tmp_path, steps=5)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "config.json", "log.jsonl", "summary.json", "tensorboard", "checkpoints", "weights.npz"
    }  # fmt: skip


def test_replayed_config_gives_the_same_run(train_toy, toy, records, tmp_path):
    train_toy(tmp_path / "first", steps=20, dropout=0.1)
    replay = f"--config={tmp_path / 'first' / 'config.json'}"
    train.main([replay, f"--workdir={tmp_path / 'second'}"])
    assert records(tmp_path / "first") == records(tmp_path / "second")
    first, second = ((tmp_path / name / "config.json").read_text() for name in ("first", "second"))
    assert first == second


def test_summary_is_printed_as_a_table_and_kept_as_json(train_toy, tmp_path, capsys):
    train_toy(tmp_path, steps=5)
    summary = json.loads((tmp_path / "summary.json").read_text())
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["validation.loss", f"{summary['validation']['loss']:.4f}"] in lines
    # It ends with where its results lie.
    assert lines[-1] == ["curves", "tensorboard", "--logdir", str(tmp_path / "tensorboard")]


def test_a_run_says_where_it_writes_on_what_and_that_it_resumes(train_toy, tmp_path, capsys):
    train_toy(tmp_path, steps=5)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"training in {tmp_path} on 1 device (CPU)"
    assert second.startswith("starting, 5 steps")
    train_toy(tmp_path, steps=9)
    assert "resuming at step 5 of 9 steps" in capsys.readouterr().out


def test_all_settings_are_printed_with_their_values(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train.main([PRIOR, "--print_config", "--config.steps=7"])
    lines = capsys.readouterr().out.splitlines()
    assert "--config.steps=7" in lines
    assert "--config.optimizer.warmup_steps=200" in lines
    assert list(tmp_path.iterdir()) == []


def test_divergence_ends_with_one_line_and_code_1(toy, monkeypatch, tmp_path, capsys):
    argv = [f"--config={toy.__file__}", f"--workdir={tmp_path}", "--config.nan_step=3"]
    monkeypatch.setattr(sys, "argv", ["train", *argv])
    with pytest.raises(SystemExit) as exit_:
        train.run()
    assert exit_.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("trainers.train: error: the loss or a weight became NaN or infinite")


def test_the_loss_of_another_worker_is_one_line_and_a_code_of_its_own(monkeypatch, capsys):
    message = (
        "Graph execution error:\n\nCollective ops is aborted by: recvmsg:Connection reset by peer\n"
        "Additional GRPC error information from remote target\n"
    )

    def fail():
        raise tf.errors.UnavailableError(None, None, message)

    monkeypatch.setattr(train, "main", fail)
    with pytest.raises(SystemExit) as exit_:
        train.run()
    assert exit_.value.code == failures.EXIT_LOST_WORKER
    (line,) = capsys.readouterr().err.splitlines()
    assert "another worker was lost (recvmsg:Connection reset by peer); start all again" in line


def test_damage_found_inside_tf_data_is_one_line(monkeypatch):
    message = (
        "{{function_node x}} InputError: a.tfrecord, record 3 at byte 96: expected b\nTraceback"
    )

    def fail():
        raise tf.errors.InvalidArgumentError(None, None, message)

    monkeypatch.setattr(train, "main", fail)
    with pytest.raises(InputError, match=r"^a\.tfrecord, record 3 at byte 96: expected b$"):
        train.run()


def test_other_errors_of_tensorflow_keep_their_traceback(monkeypatch):
    def fail():
        raise tf.errors.InternalError(None, None, "out of order")

    monkeypatch.setattr(train, "main", fail)
    with pytest.raises(tf.errors.InternalError):
        train.run()


def test_a_run_directory_in_use_is_refused_with_one_line(train_toy, fail, toy, tmp_path):
    arguments = (f"--config={toy.__file__}", f"--workdir={tmp_path / 'run'}", "--config.steps=5")
    with directory_lock.held(tmp_path / "run", "it"):
        line = fail(*arguments)
        assert "is in use by process" in line
        assert [path.name for path in (tmp_path / "run").iterdir()] == [directory_lock.FILE]
    train_toy(tmp_path / "run", steps=5)
    assert not (tmp_path / "run" / directory_lock.FILE).exists()
