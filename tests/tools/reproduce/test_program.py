import sys

import pytest

from hps_tf.errors import InputError
from hps_tf.io import directory_lock
from tools.reproduce import __main__ as program


def test_an_output_in_use_is_refused(tmp_path, monkeypatch):
    arguments = ["pulled", "--lifting", "none", "--data", str(tmp_path), "--output", "out"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tools.reproduce", *arguments])
    with (
        directory_lock.held(tmp_path / "out", "there"),
        pytest.raises(InputError, match=r"--output .*out is in use by process"),
    ):
        program.main()


def test_an_output_is_not_made_for_wrong_input(tmp_path, monkeypatch):
    arguments = ["pulled", "--lifting", "none", "--data", str(tmp_path), "--output", "out"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tools.reproduce", *arguments])
    with pytest.raises(InputError, match="no such network"):
        program.main()
    assert not (tmp_path / "out").exists()
