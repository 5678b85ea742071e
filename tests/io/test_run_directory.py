import pytest

from hps_tf.errors import InputError
from hps_tf.io import run_directory


def test_the_file_of_a_run_is_in_its_directory(tmp_path):
    (tmp_path / "prior.npz").touch()
    assert run_directory.file(tmp_path, "prior.npz") == tmp_path / "prior.npz"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "expected the directory of a training run, received no such directory"),
        (
            ["network.npz"],
            r"the run of a prior \(prior.npz\), received that of a network; use another",
        ),
        (["lifting.npz"], r"the run of a prior \(prior.npz\), received that of a lifting network$"),
        (["config.json"], "received a run that is not finished; resume it"),
        (["notes.txt"], "received another directory"),
        ([], "received another directory"),
    ],
)
def test_what_a_directory_is_instead_is_named(tmp_path, files, message):
    directory = tmp_path / "run"
    if files is not None:
        directory.mkdir()
        for name in files:
            (directory / name).touch()
    with pytest.raises(InputError, match=message) as error:
        run_directory.file(directory, "prior.npz", {"network.npz": "use another"})
    assert str(error.value).startswith(f"{directory}: ")


def test_a_file_is_no_run(tmp_path):
    (tmp_path / "prior.npz").touch()
    with pytest.raises(
        InputError, match="expected the directory of a training run, received a file"
    ):
        run_directory.file(tmp_path / "prior.npz", "prior.npz")


def test_a_directory_in_the_place_of_a_file_tells_which_file_to_give(tmp_path):
    message = str(run_directory.not_a_file(tmp_path, "a prior"))
    assert message == f"{tmp_path}: expected a prior (.npz), received a directory"
    (tmp_path / "prior.npz").touch()
    message = str(run_directory.not_a_file(tmp_path, "a prior"))
    assert message.endswith(f"received a directory; give its file {tmp_path / 'prior.npz'}")
    message = str(run_directory.not_a_file(tmp_path, "a network"))
    assert message.endswith(f"received a directory, with a prior in it ({tmp_path / 'prior.npz'})")
