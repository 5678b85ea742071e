import argparse
from pathlib import Path

import pytest
import tensorflow as tf

from hps_tf.cli import command
from hps_tf.errors import InputError


def run(error: BaseException | None) -> int:
    def main() -> None:
        if error is not None:
            raise error

    with pytest.raises(SystemExit) as exit_:
        command.run(main, "tools.fit")
    return exit_.value.code


def test_success_exits_0_and_prints_nothing(capsys):
    assert run(None) == 0
    assert capsys.readouterr() == ("", "")


def test_bad_input_is_one_line_and_exit_code_2(capsys):
    assert run(InputError("people.json, field `keypoints`:\n  expected 17 rows, received 3")) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "tools.fit: error: people.json, field `keypoints`: expected 17 rows, received 3\n"
    )


@pytest.mark.parametrize("text", ["~", "~/data/x"])
def test_a_path_begins_at_the_home_directory_after_a_tilde(text, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=command.path)
    assert parser.parse_args([f"--output={text}"]).output == tmp_path / text[2:]
    assert parser.parse_args(["--output=a/~"]).output == Path("a/~")


@pytest.mark.parametrize("text", ["", "~nobody-of-this-name/x"])
def test_a_path_without_a_place_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected a path, received"):
        command.path(text)


def test_missing_file_is_one_line_and_exit_code_2(capsys, tmp_path):
    path = tmp_path / "people.json"
    with pytest.raises(SystemExit) as exit_:
        command.run(path.read_text, "tools.fit")
    assert exit_.value.code == 2
    assert capsys.readouterr().err == f"tools.fit: error: {path}: No such file or directory\n"


def test_os_error_without_a_file_is_told_by_its_message(capsys):
    assert run(OSError("the disk went away")) == 2
    assert capsys.readouterr().err == "tools.fit: error: the disk went away\n"


def test_interruption_exits_130(capsys):
    assert run(KeyboardInterrupt()) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("a bug"), RuntimeError("diverged")])
def test_a_mistake_in_code_keeps_its_traceback(error):
    with pytest.raises(type(error), match=str(error)):
        command.run(_raiser(error), "tools.fit")


def _raiser(error: Exception):
    def main() -> None:
        raise error

    return main


def test_exit_code_of_the_program_is_kept():
    assert run(SystemExit(3)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [("0", "expected at least 1, received 0"), ("1.5", "invalid whole number value: '1.5'")],
)
def test_numbers_below_the_least_and_fractions_are_refused(capsys, text, message):
    parser = argparse.ArgumentParser("tools.fit")
    parser.add_argument("--count", type=command.at_least(1))
    assert parser.parse_args(["--count", "1"]).count == 1
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args(["--count", text])
    assert stopped.value.code == 2
    assert f"--count: {message}" in capsys.readouterr().err


def test_a_full_disk_that_tensorflow_meets_is_one_line_and_exit_code_2(capsys):
    message = (
        "{{function_node __wrapped__SaveV2_dtypes_3_device_/job:localhost/device:CPU:0}}"
        " /runs/x/ckpt-1_temp/part-0; No space left on device\n\tFailed to flush [Op:SaveV2]"
    )
    assert run(tf.errors.ResourceExhaustedError(None, None, message)) == 2
    line = "tools.fit: error: /runs/x/ckpt-1_temp/part-0: No space left on device\n"
    assert capsys.readouterr().err == line


def test_other_errors_of_tensorflow_are_faults_of_the_program():
    memory = "OOM when allocating tensor with shape[100000,100000]"
    with pytest.raises(tf.errors.ResourceExhaustedError, match="OOM"):
        command.run(_raising(tf.errors.ResourceExhaustedError(None, None, memory)), "tools.fit")
    with pytest.raises(RuntimeError, match="No space"):
        command.run(_raising(RuntimeError("/x; No space left on device")), "tools.fit")


def _raising(error):
    def main():
        raise error

    return main
