import re

import numpy as np
import pytest

from hps_tf.errors import InputError
from tools.reproduce.checkpointing import Checkpoints

SETTINGS = {"num_images": 100, "data": ["mocap"]}
BASIS = {"prior": "abc"}


def test_a_part_is_taken_up_by_a_rerun(tmp_path):
    first = Checkpoints(tmp_path / "new" / "output", SETTINGS)
    assert first.load_if_done("flow-s0", BASIS) is None
    first.save("flow-s0", BASIS, {"mpjpe": np.arange(3.0)})
    again = Checkpoints(tmp_path / "new" / "output", SETTINGS)
    assert again.is_done("flow-s0")
    arrays = again.load_if_done("flow-s0", BASIS)
    assert list(arrays) == list(again.load("flow-s0")) == ["mpjpe"]
    np.testing.assert_array_equal(arrays["mpjpe"], np.arange(3.0))


def test_other_settings_are_refused_in_one_line_that_names_them(tmp_path):
    Checkpoints(tmp_path, SETTINGS)
    expected = (
        "--output {}: expected results with the same settings, received num_images 100 there,"
        " 300 here; choose another"
    )
    with pytest.raises(InputError, match=re.escape(expected.format(tmp_path))):
        Checkpoints(tmp_path, {**SETTINGS, "num_images": 300})
    Checkpoints(tmp_path, SETTINGS)


def test_a_part_made_on_another_basis_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path, SETTINGS)
    checkpoints.save("flow-s0", BASIS, {"mpjpe": np.zeros(3)})
    with pytest.raises(
        InputError,
        match=r"flow-s0\.npz: expected a part with the same settings, received prior 'abc' there,"
        " 'xyz'",
    ):
        checkpoints.load_if_done("flow-s0", {"prior": "xyz"})


@pytest.mark.parametrize("content", [b"", b"not a zip file"])
def test_a_damaged_part_is_named(tmp_path, content):
    checkpoints = Checkpoints(tmp_path, SETTINGS)
    checkpoints.save("flow-s0", BASIS, {"mpjpe": np.zeros(3)})
    (tmp_path / "parts" / "flow-s0.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"flow-s0\.npz: expected a finished part"):
        checkpoints.load_if_done("flow-s0", BASIS)


def test_damaged_settings_are_named(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(InputError, match=r"settings\.json: expected JSON"):
        Checkpoints(tmp_path, SETTINGS)


def test_a_part_interrupted_in_writing_is_not_done(tmp_path):
    class Interrupted:
        def __array__(self, dtype=None, copy=None):
            raise KeyboardInterrupt

    checkpoints = Checkpoints(tmp_path, SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save("flow-s0", BASIS, {"mpjpe": Interrupted()})
    assert not checkpoints.is_done("flow-s0")
    assert not list((tmp_path / "parts").iterdir())


def test_a_part_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"flow-s0\.npz: expected a finished part, received none"):
        Checkpoints(tmp_path, SETTINGS).load("flow-s0")
