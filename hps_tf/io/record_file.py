"""Random access to the entries of a TFRecord file.

An entry is its length (8 bytes, little-endian), the length's checksum (4), the data, and the data's
checksum (4), a masked CRC-32C. Reading by place instead of in order lets a training job shuffle
whole datasets and resume without any state of the input.
"""

import os
import struct
from pathlib import Path

import google_crc32c
import numpy as np

from hps_tf.errors import InputError

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8


class RecordFile:
    """The entries of a file by their number; safe to read from several threads.

    Args:
      path: The file.

    Raises:
      InputError: If it is cut off or a length is damaged; names the entry and its offset.
      OSError: If it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self._descriptor = os.open(self.path, os.O_RDONLY)
        try:
            self._offsets, self._lengths = self._index()
        except (InputError, OSError):
            os.close(self._descriptor)
            raise

    def __len__(self) -> int:
        return len(self._offsets)

    def __del__(self) -> None:
        if hasattr(self, "_offsets"):
            os.close(self._descriptor)

    def read(self, number: int) -> bytes:
        """Reads an entry.

        Raises:
          InputError: If its data is damaged; names the entry and its offset.
        """
        offset, length = int(self._offsets[number]), int(self._lengths[number])
        data = os.pread(self._descriptor, length + _FOOTER.size, offset + _HEADER.size)
        entry, footer = data[:length], data[length:]
        if len(footer) != _FOOTER.size or _FOOTER.unpack(footer)[0] != _masked_crc(entry):
            raise self._error(number, offset, "data that does not match its checksum")
        return entry

    def _index(self) -> tuple[np.ndarray, np.ndarray]:
        """Walks from header to header, without reading what lies between."""
        size = os.fstat(self._descriptor).st_size
        offsets: list[int] = []
        lengths: list[int] = []
        offset = 0
        while offset < size:
            header = os.pread(self._descriptor, _HEADER.size, offset)
            if len(header) < _HEADER.size:
                raise self._error(len(offsets), offset, "the end of the file")
            length, checksum = _HEADER.unpack(header)
            if checksum != _masked_crc(header[:8]):
                raise self._error(len(offsets), offset, "a length that does not match its checksum")
            end = offset + _HEADER.size + length + _FOOTER.size
            if end > size:
                raise self._error(len(offsets), offset, f"{size - offset} of {end - offset} bytes")
            offsets.append(offset)
            lengths.append(length)
            offset = end
        return np.array(offsets, np.int64), np.array(lengths, np.int64)

    def _error(self, number: int, offset: int, received: str) -> InputError:
        return InputError(
            f"{self.path}, record {number} at byte {offset}: expected a TFRecord entry, received"
            f" {received}"
        )


def _masked_crc(data: bytes) -> int:
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF
