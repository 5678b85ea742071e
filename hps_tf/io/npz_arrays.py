"""The arrays of an .npz file, read without unpickling anything and written atomically."""

import io
import lzma
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import atomic_file, foreign_file

#: Bytes of all arrays, and of one that is read; a small archive that claims more would fill the
#: memory.
MAX_BYTES, MAX_FIELD_BYTES = 1 << 30, 1 << 29

#: Numbers of an array, which is read in double precision.
MAX_NUMBERS = 1 << 26

#: What NumPy raises on damaged archives.
DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    SystemError,  # Texts of numbers that are no characters.
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class NpzArrays:
    """Arrays by name.

    Args:
      data: The file's content.
      name: How errors call the file.

    Raises:
      InputError: If it is no .npz archive.
    """

    def __init__(self, data: bytes, name: str):
        self.file = name
        try:
            archive = np.load(io.BytesIO(data), allow_pickle=False)
            self.names = archive.files
        except DAMAGED:
            kind = foreign_file.describe(data[: foreign_file.HEAD_BYTES]) or "something else"
            raise InputError(f"{name}: expected an .npz archive, received {kind}") from None
        total = sum(entry.file_size for entry in archive.zip.infolist())
        if total > MAX_BYTES:
            raise InputError(f"{name}: expected at most {MAX_BYTES} bytes, received {total}")
        self._archive = archive

    def finite_numbers(self, field: str) -> np.ndarray:
        """Reads an array of finite numbers as float64.

        Raises:
          InputError: If it is not there, damaged, of another type or holds NaN.
        """
        array = self.numbers(field)
        if not np.isfinite(array).all():
            raise InputError(f"{self.file}, field {field!r}: expected finite numbers, received NaN")
        return array

    def numbers(self, field: str) -> np.ndarray:
        """Reads an array of numbers as float64; see `finite_numbers`."""
        array = self._read(field)
        if np.iscomplexobj(array):
            raise InputError(
                f"{self.file}, field {field!r}: expected real numbers, received complex ones"
            )
        if array.size > MAX_NUMBERS:
            raise InputError(
                f"{self.file}, field {field!r}: expected at most {MAX_NUMBERS} numbers, received"
                f" {array.size}"
            )
        try:
            return array.astype(np.float64, copy=False)
        except (SystemError, ValueError, TypeError) as error:
            raise InputError(
                f"{self.file}, field {field!r}: expected numbers, received: {error}"
            ) from None

    def single_precision(self, field: str) -> np.ndarray:
        """Reads an array of finite numbers as float32.

        Raises:
          InputError: As `finite_numbers`, or if a number is beyond single precision.
        """
        array = self.finite_numbers(field)
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
        if not np.isfinite(single).all():
            raise InputError(
                f"{self.file}, field {field!r}: expected numbers of single precision, received"
                f" {np.abs(array).max():.4g}"
            )
        return single

    def text(self, field: str) -> str:
        """Reads a text.

        Raises:
          InputError: If it is not there, damaged or of another type.
        """
        array = self._read(field)
        if array.ndim or array.dtype.kind != "U":
            raise InputError(
                f"{self.file}, field {field!r}: expected a text, received shape {array.shape} of"
                f" {array.dtype}"
            )
        (text,) = self._texts(array[np.newaxis], field)
        return text

    def texts(self, field: str) -> list[str]:
        """Reads a list of texts or whole numbers, as texts.

        Raises:
          InputError: If it is not there, damaged or of another type.
        """
        array = self._read(field)
        if array.ndim != 1 or array.dtype.kind not in "Uiu":
            raise InputError(
                f"{self.file}, field {field!r}: expected a list of texts or whole numbers,"
                f" received shape {array.shape} of {array.dtype}"
            )
        texts = self._texts(array, field)
        if not all(text and text.isprintable() for text in texts):
            raise InputError(
                f"{self.file}, field {field!r}: expected texts, received one that is empty or not"
                " printable"
            )
        return texts

    def _texts(self, array: np.ndarray, field: str) -> list[str]:
        try:
            return [str(value) for value in array.tolist()]
        except (SystemError, ValueError):  # Numbers that are no characters.
            raise InputError(
                f"{self.file}, field {field!r}: expected texts, received other characters"
            ) from None

    def _read(self, field: str) -> np.ndarray:
        if field not in self.names:
            raise InputError(
                f"{self.file}: expected field {field!r}, received fields {', '.join(self.names)}"
            )
        try:
            size = self._archive.zip.getinfo(f"{field}.npy").file_size
            if size > MAX_FIELD_BYTES:
                raise ValueError(f"{size} bytes, more than {MAX_FIELD_BYTES}")
            return array_of(self._archive, field)
        except DAMAGED as error:
            raise InputError(
                f"{self.file}, field {field!r}: expected numbers, received: {error}"
            ) from None


def array_of(archive: Mapping[str, object], field: str) -> np.ndarray:
    """Takes an array out of an archive that NumPy opened.

    Raises:
      ValueError: If it is no array: NumPy gives other entries as bytes.
    """
    array = archive[field]
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{field!r} is no array")
    return array


def write(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes an .npz archive, atomically, to exactly the path that is given.

    Args:
      path: The file, of any suffix.
      arrays: Arrays of numbers or texts by name.
    """
    with (
        atomic_file.replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
