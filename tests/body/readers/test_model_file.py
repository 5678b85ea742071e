import contextlib
import pickle
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hps_tf.body
from hps_tf.errors import InputError


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "model"


@pytest.fixture(scope="module")
def contents(smpl_fields, damaged):
    """A small body as the bytes of a pickle and of an archive."""
    fields = smpl_fields(24)
    np.savez_compressed(damaged.with_suffix(".npz"), **fields)
    return pickle.dumps(fields, 2), damaged.with_suffix(".npz").read_bytes()


def _loads_or_explains(path, data):
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        hps_tf.body.load(path)


@pytest.mark.parametrize("kind", [0, 1])
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0.0, 0.999))
def test_file_cut_short_is_explained(damaged, contents, kind, share):
    data = contents[kind][: int(share * len(contents[kind]))]
    damaged.write_bytes(data)
    with pytest.raises(InputError, match="expected"):
        hps_tf.body.load(damaged)


@pytest.mark.parametrize("kind", [0, 1])
@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0.0, 0.999), noise=st.binary(min_size=1, max_size=8))
def test_flipped_bytes_load_or_are_explained(damaged, contents, kind, place, noise):
    data = bytearray(contents[kind])
    start = int(place * len(data))
    data[start : start + len(noise)] = noise
    _loads_or_explains(damaged, bytes(data))


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200))
def test_noise_is_explained(damaged, data):
    _loads_or_explains(damaged, data)


def test_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        hps_tf.body.load(tmp_path / "absent.npz")


def test_unknown_layout_lists_the_known_ones_and_what_is_there(tmp_path):
    path = tmp_path / "flame.npz"
    np.savez(path, vertices=np.zeros(3), something=np.ones(2))
    with pytest.raises(InputError, match=r"SMPL's v_template.*GHUM's.*got something, vertices"):
        hps_tf.body.load(path)


def test_pickle_of_something_else_is_explained(tmp_path):
    path = tmp_path / "list.pkl"
    path.write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(InputError, match=re.escape(f"{path}: expected a pickled dict, got list")):
        hps_tf.body.load(path)
