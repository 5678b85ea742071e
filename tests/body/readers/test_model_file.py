import contextlib
import os
import pickle
import re
import zipfile

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hps_tf.body
from hps_tf.body.readers import model_file
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
    with pytest.raises(
        InputError, match=r"SMPL's v_template.*GHUM's.*received something, vertices"
    ):
        hps_tf.body.load(path)


def test_pickle_of_something_else_is_explained(tmp_path):
    path = tmp_path / "list.pkl"
    path.write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(
        InputError, match=re.escape(f"{path}: expected a pickled dict, received list")
    ):
        hps_tf.body.load(path)


def test_the_log_in_page_in_place_of_a_model_is_called_a_web_page(tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_text("<!DOCTYPE html><html><head><title>Sign in</title></head></html>")
    with pytest.raises(InputError, match=r"SMPL_NEUTRAL\.pkl: expected .* a web page, such as the"):
        hps_tf.body.load(path)


def test_numbers_that_single_precision_cannot_hold_are_refused(smpl_fields, tmp_path):
    fields = smpl_fields(24)
    fields["v_template"][7, 1] = -1e200
    np.savez(tmp_path / "a.npz", **fields)
    with pytest.raises(
        InputError, match=r"`v_template`: expected numbers up to 1e\+10, received 1e\+200"
    ):
        hps_tf.body.load(tmp_path / "a.npz")


def _loaded(path):
    body = hps_tf.body.load(path)
    return body(shape=np.ones((1, body.num_shape), np.float32)).vertices.numpy()


@pytest.mark.parametrize("kind", ["csc_matrix", "csr_matrix", "coo_matrix", "csc_array"])
def test_a_model_saved_with_savez_is_read_with_its_sparse_matrix(smpl_fields, tmp_path, kind):
    fields = smpl_fields(24)
    np.savez(tmp_path / "dense.npz", **fields)
    sparse = fields | {"J_regressor": getattr(scipy.sparse, kind)(fields["J_regressor"])}
    np.savez(tmp_path / "sparse.npz", bs_style="lbs", nothing=None, **sparse)
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(sparse, 2))
    expected = _loaded(tmp_path / "dense.npz")
    np.testing.assert_array_equal(_loaded(tmp_path / "sparse.npz"), expected)
    np.testing.assert_array_equal(_loaded(tmp_path / "pickle.npz"), expected)


class _Hostile:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


def test_a_pickle_inside_an_archive_runs_nothing(smpl_fields, tmp_path):
    np.savez(tmp_path / "a.npz", **smpl_fields(24) | {"weights": _Hostile(tmp_path / "trace")})
    with pytest.raises(
        InputError, match="`weights`: expected an array, received what can't be read"
    ):
        hps_tf.body.load(tmp_path / "a.npz")
    assert not (tmp_path / "trace").exists()


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "_MAX_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v_template.npy", bytes(1001))
    with pytest.raises(InputError, match="expected at most 1000 bytes, received 1001"):
        hps_tf.body.load(tmp_path / "a.npz")
