import json

import numpy as np
import pytest

from hps_tf.errors import InputError
from hps_tf.models import (
    LiftingNetwork,
    LiftingOptions,
    MotionLiftingNetwork,
    MotionLiftingOptions,
    lifting_file,
    save,
)

INPUTS = np.random.default_rng(0).normal(size=(4, 52)).astype(np.float32)


@pytest.fixture(scope="module")
def saved(lifting, tmp_path_factory):
    path = tmp_path_factory.mktemp("lifting") / "lifting.npz"
    lifting_file.save(lifting, path)
    return path


def test_a_network_read_back_gives_the_same_numbers(saved, lifting):
    again = lifting_file.read(saved)
    assert again.options == lifting.options
    assert again.card == lifting.card
    for name, value in again.module(INPUTS).items():
        np.testing.assert_array_equal(value, lifting.module(INPUTS)[name])
    np.testing.assert_array_equal(
        again(INPUTS).rotation_matrices, lifting(INPUTS).rotation_matrices
    )


def test_an_iterative_network_read_back_gives_the_same_numbers(lifting, tmp_path):
    network = LiftingNetwork(LiftingOptions(width=16, blocks=1, rounds=3), lifting.mode)
    network.save(tmp_path / "iterative.npz")
    again = lifting_file.read(tmp_path / "iterative.npz")
    assert again.options == network.options
    np.testing.assert_array_equal(again(INPUTS).pose_vector, network(INPUTS).pose_vector)


def test_a_file_without_rounds_is_of_linear_heads(saved, lifting, tmp_path):
    with np.load(saved) as file:
        arrays = dict(file)
    _header(options={"width": 16, "blocks": 2})(arrays)
    np.savez(tmp_path / "old.npz", **arrays)
    assert lifting_file.read(tmp_path / "old.npz").options == lifting.options


def test_networks_of_frames_and_of_windows_are_told_apart(saved, tmp_path):
    options = MotionLiftingOptions(width=8, blocks=1, units=4, num_frames=2)
    MotionLiftingNetwork(options, np.zeros(126)).save(tmp_path / "motion.npz")
    with pytest.raises(InputError, match="expected a lifting network of format 'lifting-1'"):
        lifting_file.read(tmp_path / "motion.npz")
    with pytest.raises(InputError, match="expected a lifting network of format 'motion-lifting-1'"):
        lifting_file.read_motion(saved)


def test_half_precision_makes_the_file_smaller(saved, lifting, tmp_path):
    lifting_file.save(lifting, tmp_path / "half.npz", np.float16)
    assert (tmp_path / "half.npz").stat().st_size < 0.75 * saved.stat().st_size
    again = lifting_file.read(tmp_path / "half.npz")
    np.testing.assert_allclose(
        again.module(INPUTS)["pose"], lifting.module(INPUTS)["pose"], atol=0.01
    )


def _header(**changes):
    def change(arrays):
        header = json.loads(str(arrays["header"])) | changes
        arrays["header"] = np.array(json.dumps(header))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("header"), "expected field 'header'"),
        (_header(format=1), "expected a lifting network of format 'lifting-1'"),
        (_header(options=[]), "field 'header.options': expected a dict"),
        (_header(options={"width": 16}), "expected options and mode of a lifting network"),
        (
            _header(options={"width": 8, "blocks": 2, "rounds": -1}),
            "number not below 0, received -1",
        ),
        (_header(options={"width": 16, "blocks": 2, "rounds": 1}), "'weight/correct1/kernel'"),
        (_header(options={"width": 0, "blocks": 2}), "expected a whole number above 0"),
        (_header(options={"width": 8, "blocks": 2}), r"field 'weight/in/kernel': expected shape"),
        (lambda arrays: arrays.update(header=np.array("{")), "field 'header': expected JSON"),
        (lambda arrays: arrays.update(mode=np.zeros(63)), r"`mode`: expected shape \(126,\)"),
        (lambda arrays: arrays.pop("mode"), "expected field 'mode'"),
        (lambda arrays: arrays.pop("weight/pose/bias"), "expected field 'weight/pose/bias'"),
        (
            lambda arrays: arrays.update({"weight/pose/bias": np.full(126, np.nan)}),
            "field 'weight/pose/bias': expected finite numbers",
        ),
        (
            lambda arrays: arrays.update({"weight/pose/bias": np.full(126, 1e300)}),
            "field 'weight/pose/bias': expected numbers of single precision, received 1e",
        ),
        (lambda arrays: arrays.update(header=np.array("[" * 10**5)), "header': expected JSON"),
        (_header(options={"width": 10**9, "blocks": 2}), "expected sizes up to 8192"),
        (_header(options={"width": 16, "blocks": 10**9}), "expected sizes up to 8192"),
    ],
)
def test_damage_is_named(saved, tmp_path, change, message):
    with np.load(saved) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=f"bad.npz.*{message}"):
        lifting_file.read(tmp_path / "bad.npz")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"expected a lifting network .* a directory"):
        lifting_file.read(tmp_path)
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match=r"text.npz: expected an .npz archive"):
        lifting_file.read(tmp_path / "text.npz")
    with pytest.raises(FileNotFoundError):
        lifting_file.read(tmp_path / "none.npz")


def test_the_lifting_module_of_a_staged_network_is_read_alone(photo, tmp_path):
    save(photo, tmp_path / "network.npz")
    again = lifting_file.read(tmp_path / "network.npz")
    assert again.options == photo.lifting.options
    np.testing.assert_array_equal(again.mode, photo.lifting.mode)
    np.testing.assert_array_equal(
        again(INPUTS).rotation_matrices, photo.lifting(INPUTS).rotation_matrices
    )


def test_a_staged_network_without_a_lifting_module_is_refused(tiny, tmp_path):
    save(tiny, tmp_path / "network.npz")
    with pytest.raises(InputError, match=r"'header\.options\.pose': expected 'lifting', received"):
        lifting_file.read(tmp_path / "network.npz")
