"""A body model file opened as named arrays, each checked when it is taken out."""

import contextlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.body.readers import restricted_pickle
from hps_tf.errors import InputError
from hps_tf.io import npz_arrays

_ZIP_MAGIC = b"PK\x03\x04"
_ARRAY_SUFFIX = ".npy"
_SUM_TOLERANCE = 1e-3
_LARGEST = 1e10  # Products of two and sums of thousands are finite in single precision.

#: Bytes of all arrays of an archive; those of the largest model are a third of that.
_MAX_BYTES = 1 << 30


class ModelFile:
    """The fields of a ``.npz`` archive or a pickled dictionary.

    Args:
      path: The file.
      fields: Its fields; read only when asked for.
    """

    def __init__(self, path: Path, fields: Mapping[str, Any]):
        self.path = path
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> list[str]:
        """Returns the names of the fields, in order."""
        return sorted(map(str, self._fields))

    def numbers(self, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
        """Takes out an array of finite numbers as float64.

        Args:
          name: The field.
          shape: Expected shape; None admits any size.

        Raises:
          InputError: If the field is missing, can't be read, has another shape, or holds anything
            but finite numbers.
        """
        array = self._array(name, shape)
        if array.dtype.kind not in "fiu":
            raise self.wrong(name, "numbers", f"values of type {array.dtype}")
        if array.size > npz_arrays.MAX_NUMBERS:
            raise self.wrong(name, f"at most {npz_arrays.MAX_NUMBERS} numbers", str(array.size))
        with np.errstate(invalid="ignore"):  # NaN of other widths; see below.
            array = array.astype(np.float64)
        if not np.isfinite(array).all():
            index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise self.wrong(name, "finite numbers", f"{array[index]} at {list(index)}")
        if np.abs(array).max(initial=0.0) > _LARGEST:
            raise self.wrong(name, f"numbers up to {_LARGEST:g}", f"{np.abs(array).max():.4g}")
        return array

    def indices(self, name: str, shape: tuple[int | None, ...], bound: int) -> np.ndarray:
        """Takes out an array of integers in [0, bound) as int32; see `numbers`."""
        array = self.numbers(name, shape)
        if array.size and (array.min() < 0 or array.max() >= bound or (array % 1).any()):
            found = f"values from {array.min():g} to {array.max():g}"
            raise self.wrong(name, f"integers from 0 to {bound - 1}", found)
        return array.astype(np.int32)

    def unit_rows(self, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
        """Takes out an array whose rows sum to one, to rounding; see `numbers`."""
        array = self.numbers(name, shape)
        totals = array.sum(axis=-1, keepdims=True)
        if np.abs(totals - 1.0).max() > _SUM_TOLERANCE:
            row = int(np.abs(totals - 1.0).argmax())
            raise self.wrong(name, "rows that sum to 1", f"{totals.flat[row]:.4g} in row {row}")
        return array / totals

    def words(self, name: str) -> tuple[str, ...]:
        """Takes out a list of names."""
        array = self._array(name, (None,))
        if array.dtype.kind not in "SU":
            raise self.wrong(name, "names", f"values of type {array.dtype}")
        return tuple(array.astype(str).tolist())

    def wrong(self, name: str, expected: str, received: str) -> InputError:
        """Makes the error about a field."""
        return InputError(f"{self.path}: `{name}`: expected {expected}, received {received}")

    def _array(self, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
        if name not in self._fields:
            raise self.wrong(name, f"an array {_text(shape)}", "no such field")
        try:
            array = restricted_pickle.to_array(self._fields[name])
        except Exception as error:  # a damaged archive can raise anything
            reason = f"{type(error).__name__}: {error}"
            raise self.wrong(name, "an array", f"what can't be read ({reason})") from None
        fits = array.ndim == len(shape) and all(
            wanted in (None, size) for wanted, size in zip(shape, array.shape, strict=True)
        )
        if not fits:
            raise self.wrong(name, f"shape {_text(shape)}", _text(array.shape))
        return array


@contextlib.contextmanager
def opened(path: Path) -> Iterator[ModelFile]:
    """Opens a file for the time of the block; its content distinguishes an archive from a pickle.

    Raises:
      InputError: If it is neither an archive nor a pickle that can be read.
      OSError: If there is no such file.
    """
    with path.open("rb") as file:
        is_archive = file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    if not is_archive:
        yield ModelFile(path, restricted_pickle.load(path))
        return
    try:
        archive = zipfile.ZipFile(path)
        total = sum(entry.file_size for entry in archive.infolist())
    except Exception as error:  # a damaged archive can raise anything
        raise InputError(
            f"{path}: expected a whole .npz archive, received one with {error}"
        ) from None
    with archive:
        if total > _MAX_BYTES:
            raise InputError(f"{path}: expected at most {_MAX_BYTES} bytes, received {total}")
        yield ModelFile(path, _Archive(archive))


class _Archive(Mapping[str, Any]):
    """The arrays of an archive by name; those that NumPy pickled are read without running code."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self._entries = {
            name.removesuffix(_ARRAY_SUFFIX): name
            for name in archive.namelist()
            if name.endswith(_ARRAY_SUFFIX)
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Any:
        try:
            with self._archive.open(self._entries[name]) as entry:
                return np.lib.format.read_array(entry, allow_pickle=False)
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise
            with self._archive.open(self._entries[name]) as entry:
                array = restricted_pickle.to_array(restricted_pickle.read_object(entry))
            if array.dtype.kind == "O":
                raise
            return array


def _text(shape: tuple[int | None, ...]) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({sizes}{',' if len(shape) == 1 else ''})"
