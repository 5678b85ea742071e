import os

import pytest

from hps_tf.io import atomic_directory


def listing(directory):
    return sorted(path.name for path in directory.iterdir())


def test_the_directory_appears_whole(tmp_path):
    output = tmp_path / "a" / "b"
    with atomic_directory.replacing(output) as new:
        (new / "file").write_text("1")
        assert not output.exists()
    assert (output / "file").read_text() == "1"
    assert listing(output.parent) == ["b"]


def test_what_stood_there_is_replaced(tmp_path):
    output = tmp_path / "b"
    output.mkdir()
    (output / "old").write_text("1")
    with atomic_directory.replacing(output) as new:
        (new / "file").write_text("2")
        assert listing(output) == ["old"]
    assert listing(output) == ["file"]
    assert listing(tmp_path) == ["b"]


def test_a_failure_leaves_what_stood_there(tmp_path):
    output = tmp_path / "b"
    output.mkdir()
    (output / "old").write_text("1")

    def write_and_fail(directory):
        (directory / "file").write_text("2")
        raise KeyError

    with pytest.raises(KeyError), atomic_directory.replacing(output) as new:
        write_and_fail(new)
    assert listing(output) == ["old"]
    assert listing(tmp_path) == ["b"]


def test_a_failed_rename_puts_back_what_stood_there(tmp_path, monkeypatch):
    output = tmp_path / "b"
    output.mkdir()
    (output / "old").write_text("1")
    rename = os.rename

    def rename_but_not_new(source, target, **options):
        if os.path.basename(source) == "new":
            raise OSError("no")
        rename(source, target, **options)

    monkeypatch.setattr(os, "rename", rename_but_not_new)
    with pytest.raises(OSError, match="no"), atomic_directory.replacing(output):
        pass
    assert listing(output) == ["old"]
    assert listing(tmp_path) == ["b"]
