"""Unpickling of body model files without running what they might contain.

A pickle names the functions it wants called. Here the names of NumPy's functions stand for plain
Python that decodes raw numbers, SciPy's sparse matrices and chumpy's arrays become inert records
of what was stored, and any other name is refused. Neither chumpy nor Python 2 is needed.
"""

import collections
import functools
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import bounded_pickle, foreign_file

#: Modules that pickles name by what they were called before Python 3 and NumPy 2.
_RENAMED = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "numpy.core.multiarray": "numpy._core.multiarray",
    "numpy.core.numeric": "numpy._core.numeric",
}

_MAX_DENSE_SIZE = 1 << 25  # ten times the largest joint regressor


def load(path: Path) -> dict[str, Any]:
    """Reads a pickled dictionary, written by Python 2 or 3.

    Args:
      path: The file.

    Returns:
      The dictionary; its arrays are for `to_array`.

    Raises:
      InputError: If the file is no pickle, is cut short, asks for anything but arrays, or holds
        something else than a dictionary.
    """
    with path.open("rb") as file:
        head = file.read(foreign_file.HEAD_BYTES)
        file.seek(0)
        try:
            content = _Unpickler(file, encoding="latin1").load()
        except Exception as error:  # a broken pickle can raise anything
            # Pickles may be texts: those of a dictionary begin so, and all end with a full stop.
            file.seek(max(path.stat().st_size - 1, 0))
            is_pickle = head.startswith(b"(d") or file.read(1) == b"."
            kind = None if is_pickle else foreign_file.describe(head)
            if kind is not None:
                raise InputError(f"{path}: expected a whole pickle, received {kind}") from None
            if isinstance(error, _RefusedError):
                raise InputError(
                    f"{path}: expected a pickle of arrays, received one that {error}"
                ) from None
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{path}: expected a whole pickle, received {reason}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a pickled dict, received {type(content).__name__}")
    return content


def read_object(file: IO[bytes]) -> Any:
    """Reads an array of Python objects of an .npz archive, which NumPy pickles.

    ``numpy.savez(path, **model)`` makes such arrays of what is no array, e.g. of a sparse matrix.

    Args:
      file: The array's entry, from its first byte.

    Returns:
      What is for `to_array`.

    Raises:
      Exception: Of many kinds, if it is damaged or asks for anything but arrays.
    """
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    read_header(file)
    return _Unpickler(file, encoding="latin1").load()


def to_array(value: Any) -> np.ndarray:
    """Turns the stored state of an array into the array.

    Args:
      value: A value of the dictionary: an array or a number, a SciPy CSC, CSR or COO matrix, a
        chumpy array or selection.

    Returns:
      The dense array.

    Raises:
      TypeError: If the value is none of these.
      ValueError: If the parts of a matrix or an array don't fit together.
    """
    if isinstance(value, _Array):
        return value.decoded()
    if not isinstance(value, _Record):
        return np.asarray(value)
    stored = vars(value)
    kind = value.origin.rsplit(".", 1)[-1]
    if kind == "Ch":
        return to_array(stored["x"])
    if kind == "Select":
        selected = to_array(stored["a"]).ravel()[to_array(stored["idxs"])]
        return selected.reshape(stored.get("preferred_shape") or selected.shape)
    if kind.startswith(("csc_", "csr_")):
        return _from_compressed(stored, by_column=kind.startswith("csc_"))
    if kind.startswith("coo_"):
        return _from_coordinates(stored)
    raise TypeError(f"a {value.origin}")


def _from_compressed(stored: dict[str, Any], by_column: bool) -> np.ndarray:
    counts = np.diff(to_array(stored["indptr"]))
    minor = to_array(stored["indices"])
    if (counts < 0).any() or counts.sum() != len(minor):
        raise ValueError(
            f"a matrix of {len(minor)} numbers, of which its columns or rows have {counts.sum()}"
        )
    major = np.repeat(np.arange(len(counts)), counts)
    rows, columns = (minor, major) if by_column else (major, minor)
    return _dense(stored, rows, columns)


def _from_coordinates(stored: dict[str, Any]) -> np.ndarray:
    rows, columns = stored["coords"] if "coords" in stored else (stored["row"], stored["col"])
    return _dense(stored, to_array(rows), to_array(columns))


def _dense(stored: dict[str, Any], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    height, width = stored["_shape"]
    if height * width > _MAX_DENSE_SIZE:
        raise ValueError(f"a matrix of {height} x {width}")
    matrix = np.zeros((height, width))
    np.add.at(matrix, (rows, columns), to_array(stored["data"]))
    return matrix


class _RefusedError(Exception):
    """The pickle names something that is not on the list."""


class _Record:
    """The stored state of an object; `origin` is the name of its class."""

    origin = ""


class _DataType:
    """Stands for `numpy.dtype`."""

    def __init__(self, code: str, *_: Any):
        self._code = code
        self._byte_order: Any = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._byte_order = state[1]

    def decoded(self) -> np.dtype:
        dtype = np.dtype(self._code)
        if dtype.kind not in "biufSU":
            raise TypeError(f"values of type {dtype}")
        return dtype.newbyteorder(self._byte_order)


class _Array:
    """Stands for a `numpy.ndarray`, whose content is set or built after it was made."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self._shape, self._dtype, self._is_fortran, self._data = state

    def decoded(self) -> np.ndarray:
        if isinstance(self._data, list):  # Of objects; a single one is what NumPy put in an array.
            if len(self._data) != 1:
                raise TypeError(f"an array of {len(self._data)} objects")
            return to_array(self._data[0])
        dtype = self._dtype.decoded()
        data = self._data.encode("latin1") if isinstance(self._data, str) else self._data
        if self._is_fortran:
            return np.frombuffer(data, dtype).reshape(self._shape[::-1]).T
        return np.frombuffer(data, dtype).reshape(self._shape)


def _empty_array(*_: Any) -> _Array:
    return _Array()


def _array_from_buffer(data: bytes, dtype: _DataType, shape: tuple[int, ...], order: str) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, dtype, order == "F", data))
    return array


def _scalar(dtype: _DataType, data: bytes) -> _Array:
    return _array_from_buffer(data, dtype, (), "C")


def _empty_bytes() -> bytes:
    """Stands for `bytes`, which old protocols call for empty data alone."""
    return b""


def _encoded(text: str, encoding: str) -> bytes:
    """Stands for `_codecs.encode`, by which old protocols store bytes."""
    if encoding != "latin1":
        raise _RefusedError(f"encodes text as {encoding!r}")
    return text.encode("latin1")


def _new_record(record: type, *_: Any) -> _Record:
    """Stands for `copyreg._reconstructor`."""
    if not issubclass(record, _Record):
        raise _RefusedError(f"reconstructs a {record.__name__}")
    return record()


_STAND_INS: dict[str, Callable[..., Any]] = {
    "_codecs.encode": _encoded,
    "builtins.bytes": _empty_bytes,
    "builtins.object": object,
    "builtins.set": set,
    "collections.OrderedDict": collections.OrderedDict,
    "copyreg._reconstructor": _new_record,
    "numpy.dtype": _DataType,
    "numpy._core.multiarray._reconstruct": _empty_array,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy._core.numeric._frombuffer": _array_from_buffer,
}

_RECORDED = ("chumpy.", "scipy.sparse.", "numpy.ndarray")


class _Unpickler(bounded_pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        origin = f"{_RENAMED.get(module, module)}.{name}"
        # Always a new object: a pickle may set attributes of what it names.
        if origin in _STAND_INS:
            return functools.partial(_STAND_INS[origin])
        if origin.startswith(_RECORDED):
            return type("Record", (_Record,), {"origin": origin})
        raise _RefusedError(f"refers to {origin}")
