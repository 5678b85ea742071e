"""The structure of a CDF file, checked before cdflib reads it.

cdflib makes room for what headers claim and follows their numbers and offsets as far as they lead;
one damaged byte can make that gigabytes, or hours. Records and fields are those of NASA's "CDF
Internal Format Description", versions 2.6 and 3; an offset takes 4 bytes in the former and 8 in
the latter.
"""

import math
import zlib
from collections.abc import Iterator

_WIDTHS = {b"\xcd\xf3\x00\x01": 8, b"\xcd\xf2\x60\x02": 4}
_PLAIN = b"\0\0\xff\xff"
_GZIP = 5
_WITH_GZIP_HEADER = 31  # zlib's `wbits`.
_FLOATS = {21: 4, 22: 8, 44: 4, 45: 8}  # Bytes by type.
_MOST_AXES = 10  # CDF has no more.
_INDEX, _VALUES, _COMPRESSED_VALUES = 6, 7, 13  # Types of records.
_NAME_BYTES = {8: 256, 4: 64}


def check(data: bytes, variable: str, most_bytes: int) -> None:
    """Checks what leads to a variable's values, and how many they are.

    Args:
      data: The file's content.
      variable: The variable's name.
      most_bytes: What the values, and a compressed file when it is whole, may take.

    Raises:
      ValueError: If the file is damaged, or claims more.
    """
    width = _WIDTHS.get(data[:4])
    if width is None:
        raise ValueError("no CDF file of version 2.6 or 3")
    if data[4:8] != _PLAIN:
        # cdflib takes what it inflates to be of version 3.
        data, width = _inflated_file(_File(data, width), most_bytes), 8
    file = _File(data, width)
    description = len(file.record(8)) + 8  # The global one follows the first.
    for head, count in ((2 * width + 4, 5 * width + 20), (width + 4, 5 * width + 4)):
        position, seen = file.offset(description, head), set()
        for _ in range(file.number(description, count)):
            if position in seen:
                raise ValueError("variables that follow one another in a circle")
            seen.add(position)
            if file.name(position) == variable.lower():
                _check_variable(file, description, position, most_bytes)
            position = file.offset(position, width + 4)


class _File:
    """The fields of records, each by its place in its record."""

    def __init__(self, data: bytes, width: int):
        self.width = width
        self._data = data

    def record(self, start: int) -> bytes:
        size = int.from_bytes(self._data[start : start + self.width], "big") if start >= 0 else 0
        if not self.width + 4 <= size <= len(self._data) - start:
            raise ValueError(f"a record of {size} bytes at byte {start} of {len(self._data)}")
        return self._data[start : start + size]

    def kind(self, start: int) -> int:
        return self.number(start, self.width)

    def number(self, start: int, place: int) -> int:
        return self._whole(start, place, 4)

    def offset(self, start: int, place: int) -> int:
        return self._whole(start, place, self.width)

    def name(self, variable: int) -> str:
        place = 5 * self.width + 44
        stored = self.record(variable)[place : place + _NAME_BYTES[self.width]]
        return stored.replace(b"\0", b"").decode("ascii", "replace").strip().lower()

    def _whole(self, start: int, place: int, size: int) -> int:
        stored = self.record(start)[place : place + size]
        if len(stored) < size:
            raise ValueError(f"a record at byte {start} without its byte {place}")
        return int.from_bytes(stored, "big", signed=True)


def _check_variable(file: _File, description: int, variable: int, most_bytes: int) -> None:
    width = file.width
    kind = file.number(variable, 2 * width + 4)
    if kind not in _FLOATS or file.number(variable, 4 * width + 32) != 1:
        raise ValueError(f"values of CDF's type {kind}, not floating point numbers")
    if file.number(variable, 4 * width + 16):
        raise ValueError("records that are left out")
    is_own_shape = file.kind(variable) == 8
    owner, place = (
        (variable, 5 * width + 44 + _NAME_BYTES[width])
        if is_own_shape
        else (
            description,
            5 * width + 16,
        )
    )
    num_axes = file.number(owner, place)
    if not 0 <= num_axes <= _MOST_AXES:
        raise ValueError(f"values of {num_axes} axes")
    first = place + 4 if is_own_shape else 6 * width + 36
    sizes = [file.number(owner, first + 4 * axis) for axis in range(num_axes)]
    num_records = file.number(variable, 2 * width + 8) + 1
    claimed = num_records * math.prod(sizes) * _FLOATS[kind]
    if min(sizes, default=1) < 1 or claimed > most_bytes:
        raise ValueError(f"{num_records} records of {sizes} values, more than {most_bytes} bytes")
    if num_records > 0:
        stored = sum(
            len(_inflated(file, block, most_bytes))
            for block in _blocks(file, file.offset(variable, 2 * width + 12))
        )
        if stored > most_bytes:
            raise ValueError(f"values of more than {most_bytes} bytes")


def _blocks(file: _File, index: int) -> Iterator[int]:
    """Follows the index of a variable's values to the records that hold them."""
    seen: set[int] = set()
    open_entries = [index]
    while open_entries:
        entry = open_entries.pop()
        if entry in seen:
            raise ValueError("values that follow one another in a circle")
        seen.add(entry)
        if file.kind(entry) != _INDEX:
            yield entry
            continue
        room, used = (file.number(entry, 2 * file.width + place) for place in (4, 8))
        if not 0 <= used <= room <= len(file.record(entry)):
            raise ValueError(f"an index of {used} of {room} entries")
        first = 2 * file.width + 12 + 8 * room
        open_entries += [file.offset(entry, first + file.width * i) for i in range(used)]
        following = file.offset(entry, file.width + 4)
        open_entries += [following] if following else []


def _inflated(file: _File, block: int, most_bytes: int) -> bytes:
    if file.kind(block) == _VALUES:
        return file.record(block)[file.width + 4 :]
    if file.kind(block) != _COMPRESSED_VALUES:
        raise ValueError(f"values in a record of type {file.kind(block)}")
    size = file.offset(block, file.width + 8)
    return _gunzip(file.record(block)[2 * file.width + 8 :][: max(size, 0)], most_bytes)


def _inflated_file(file: _File, most_bytes: int) -> bytes:
    compression = file.offset(8, file.width + 4)
    if file.number(compression, file.width + 4) != _GZIP:
        raise ValueError("a compression that is not GZIP")
    packed = file.record(8)[3 * file.width + 8 :]
    return b"\0" * 8 + _gunzip(packed, most_bytes)


def _gunzip(packed: bytes, most_bytes: int) -> bytes:
    stream = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        data = stream.decompress(packed, most_bytes)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if stream.unconsumed_tail or stream.unused_data:
        raise ValueError(f"compressed values of more than {most_bytes} bytes")
    return data
