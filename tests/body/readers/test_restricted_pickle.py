import collections
import os
import pickle

import numpy as np
import pytest
import scipy.sparse

from hps_tf.body.readers import restricted_pickle
from hps_tf.errors import InputError


class _Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self._reduced = function, arguments

    def __reduce__(self):
        return self._reduced


def _round_trip(tmp_path, value, protocol=pickle.DEFAULT_PROTOCOL):
    path = tmp_path / "file.pkl"
    path.write_bytes(pickle.dumps({"value": value}, protocol))
    return restricted_pickle.to_array(restricted_pickle.load(path)["value"])


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
        np.arange(6, dtype=">i4"),
        np.arange(6, dtype=np.uint8)[::2],
        np.array(2.5),
        np.float32(1.5),
        np.zeros((0, 3)),
        np.array(["pelvis", "head"]),
    ],
)
def test_arrays_come_back(tmp_path, array, protocol):
    actual = _round_trip(tmp_path, array, protocol)
    np.testing.assert_array_equal(actual, array)
    assert actual.shape == array.shape


@pytest.mark.parametrize(
    "kind", ["csc_matrix", "csr_matrix", "coo_matrix", "csc_array", "coo_array"]
)
def test_sparse_matrices_come_back_dense(tmp_path, rng, kind):
    dense = rng.random((5, 7)) * (rng.random((5, 7)) < 0.3)
    np.testing.assert_array_equal(_round_trip(tmp_path, getattr(scipy.sparse, kind)(dense)), dense)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (os.system, "system"),
        (eval, "builtins.eval"),
        (getattr, "builtins.getattr"),
        (np.load, "numpy.load"),
        (np.testing.assert_equal, "numpy.testing"),
        (os.popen, "os.popen"),
        (pickle.loads, "loads"),
    ],
)
def test_calls_are_refused_and_not_made(tmp_path, protocol, function, name):
    trace = tmp_path / "trace"
    path = tmp_path / "hostile.pkl"
    path.write_bytes(pickle.dumps({"f": _Call(function, f"touch {trace}")}, protocol))
    with pytest.raises(InputError, match=f"received one that refers to .*{name}"):
        restricted_pickle.load(path)
    assert not trace.exists()


def test_names_inside_allowed_names_are_refused(tmp_path):
    path = tmp_path / "hostile.pkl"
    path.write_bytes(b"\x80\x04\x8c\x08builtins\x8c\x15object.__subclasses__\x93)R.")
    with pytest.raises(InputError, match=r"refers to builtins\.object\.__subclasses__"):
        restricted_pickle.load(path)


def test_codecs_are_refused(tmp_path):
    path = tmp_path / "hostile.pkl"
    path.write_bytes(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.")
    with pytest.raises(InputError, match="encodes text as 'rot13'"):
        restricted_pickle.load(path)


def test_attributes_set_on_stand_ins_do_not_outlive_the_file(tmp_path):
    path = tmp_path / "hostile.pkl"
    # Sets __setstate__ of the stand-in for numpy.dtype.
    path.write_bytes(
        b"\x80\x02cnumpy\ndtype\nN}X\x0c\x00\x00\x00__setstate__cnumpy\ndtype\ns\x86b."
    )
    with pytest.raises(InputError):
        restricted_pickle.load(path)
    np.testing.assert_array_equal(_round_trip(tmp_path, np.arange(3.0)), np.arange(3.0))


@pytest.mark.parametrize(
    "value", [np.array([None, {}], object), np.zeros(2, "f4,i4"), collections.OrderedDict(a=1)]
)
def test_values_that_are_no_arrays_are_refused(tmp_path, value):
    with pytest.raises((TypeError, ValueError)):
        np.testing.assert_array_equal(_round_trip(tmp_path, value).astype(np.float64), 0.0)


def test_huge_sparse_matrix_is_refused(tmp_path):
    huge = scipy.sparse.coo_matrix(([1.0], ([0], [0])), shape=(10**7, 10**7))
    with pytest.raises(ValueError, match="a matrix of 10000000 x 10000000"):
        _round_trip(tmp_path, huge)


@pytest.mark.parametrize("ends", [[0, 1, 1 << 30], [0, 3, 2], [0, 1, 1]])
def test_a_matrix_whose_columns_claim_other_numbers_is_refused(ends, tmp_path):
    matrix = scipy.sparse.csc_matrix(np.eye(2))
    matrix.indptr = np.array(ends, np.int32)
    with pytest.raises(ValueError, match="a matrix of 2 numbers, of which its columns or rows"):
        _round_trip(tmp_path, matrix)
