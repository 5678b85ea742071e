import os
import stat

import pytest

from hps_tf.io import atomic_file


def test_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "result.json"
    with atomic_file.replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_existing_file_is_replaced(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")
    with atomic_file.replacing(str(path)) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_what_stood_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "result.json"
    path.write_text("old")

    def write_half() -> None:
        with atomic_file.replacing(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_creates_no_file(tmp_path):
    with pytest.raises(RuntimeError), atomic_file.replacing(tmp_path / "result.json"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_temporary_path_is_beside_the_file_with_its_suffix(tmp_path):
    with atomic_file.replacing(tmp_path / "weights.npz") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".npz"


def test_file_has_the_permissions_of_an_ordinary_new_file(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    with atomic_file.replacing(tmp_path / "replaced") as temporary:
        temporary.touch()
    modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("ordinary", "replaced")]
    assert modes[0] == modes[1]


def test_missing_directory_is_an_os_error_naming_it(tmp_path):
    path = tmp_path / "absent" / "result.json"
    with pytest.raises(FileNotFoundError) as error, atomic_file.replacing(path):
        pass
    assert error.value.filename == str(tmp_path / "absent")


def test_a_directory_of_that_name_is_an_os_error_before_anything_is_written(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(IsADirectoryError) as error, atomic_file.replacing(tmp_path / "run"):
        raise AssertionError("nothing is to be written")
    assert error.value.filename == str(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
