import fcntl
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from hps_tf.errors import InputError
from hps_tf.io import directory_lock

_HOLDER = """
import sys, time
from pathlib import Path
from hps_tf.io import directory_lock
with directory_lock.held(Path(sys.argv[1]), "there"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the directory."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_directory_is_free_again_after_the_block_and_nothing_is_left(tmp_path):
    for _ in range(2):
        with directory_lock.held(tmp_path / "deep" / "run", "it"):
            assert (tmp_path / "deep" / "run" / directory_lock.FILE).exists()
    assert list((tmp_path / "deep" / "run").iterdir()) == []


def test_who_waits_goes_on_when_the_other_has_ended(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(directory_lock.time, "sleep", lambda _: holder.kill())
    with directory_lock.held(tmp_path, "it", waits=True):
        assert holder.wait() != 0


def test_an_error_before_anything_was_written_leaves_no_directory(tmp_path):
    with pytest.raises(RuntimeError), directory_lock.held(tmp_path / "new", "it"):
        raise RuntimeError
    assert not (tmp_path / "new").exists()
    with (
        pytest.raises(IsADirectoryError),
        directory_lock.held(tmp_path / "new", "it"),
    ):
        _write_a_part_and_fail(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["part"]


def _write_a_part_and_fail(directory):
    (directory / "part").touch()
    directory.write_text("no file")


def test_an_error_frees_the_directory(tmp_path):
    with pytest.raises(RuntimeError), directory_lock.held(tmp_path, "it"):
        raise RuntimeError
    with directory_lock.held(tmp_path, "it"):
        pass


def test_another_process_is_named_with_its_machine(tmp_path, holder):
    owner = f"process {holder.pid} on {socket.gethostname()}"
    expected = f"--workdir x is in use by {owner}"
    for _ in range(2):  # Being refused leaves the lock alone.
        with (
            pytest.raises(InputError, match=expected),
            directory_lock.held(tmp_path, "--workdir x"),
        ):
            raise AssertionError


def test_a_killed_process_does_not_keep_the_directory(tmp_path, holder, capsys):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / directory_lock.FILE).exists()
    with directory_lock.held(tmp_path, "it"):
        pass
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []


def test_a_process_on_another_machine_that_did_not_end_is_told_of(tmp_path, capsys):
    (tmp_path / directory_lock.FILE).write_text('{"pid": 12, "host": "elsewhere"}')
    with directory_lock.held(tmp_path, "--workdir x"):
        pass
    line = "--workdir x was not left by process 12 on elsewhere: make sure it has ended\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "a", "host": 1}', '{"pid": 1e999}'])
def test_a_damaged_lock_is_no_obstacle(tmp_path, content):
    (tmp_path / directory_lock.FILE).write_text(content)
    with directory_lock.held(tmp_path, "it"):
        pass


def test_without_locks_of_the_file_system_a_living_process_of_this_machine_counts(
    tmp_path, monkeypatch
):
    def refuse(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / directory_lock.FILE
    path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
    with pytest.raises(InputError, match="is in use by"), directory_lock.held(tmp_path, "it"):
        raise AssertionError
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    path.write_text(json.dumps({"pid": ended.pid, "host": socket.gethostname()}))
    with directory_lock.held(tmp_path, "it"):
        pass


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path):
    (tmp_path / "run").touch()
    expected = "run: expected a directory to write, received a file"
    with pytest.raises(InputError, match=expected), directory_lock.held(tmp_path / "run", "it"):
        raise AssertionError
