import numpy as np
import pytest

from export import reference
from export.reference import Example
from hps_tf.errors import InputError


def test_examples_are_read_as_written(tmp_path):
    example = Example({"n": np.int32(3)}, {"x": np.ones((3, 2), np.float32)})
    reference.write(tmp_path, {"sample": example})
    read = reference.read(tmp_path)["sample"]
    assert read.inputs["n"].dtype == np.int32
    assert read.inputs["n"] == 3
    np.testing.assert_array_equal(read.outputs["x"], np.ones((3, 2)))


def test_array_of_another_name_is_refused(tmp_path):
    reference.write(tmp_path, {})
    np.savez(tmp_path / "assets.extra" / "reference.npz", strange=np.ones(3))
    with pytest.raises(InputError, match=r"reference\.npz: damaged"):
        reference.read(tmp_path)


def test_pickled_array_is_refused(tmp_path):
    reference.write(tmp_path, {})
    path = tmp_path / "assets.extra" / "reference.npz"
    np.savez(path, **{"sample/inputs/x": np.array([{}], object)})
    with pytest.raises(InputError, match=r"reference\.npz: damaged"):
        reference.read(tmp_path)
