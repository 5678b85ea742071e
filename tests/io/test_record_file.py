import concurrent.futures
import os
import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hps_tf.errors import InputError
from hps_tf.io.record_file import RecordFile

HEADER, FOOTER = 12, 4
ENTRIES = (b"first", b"", b"third entry", bytes(range(256)) * 3)
OFFSETS = (0, 21, 37, 64)


def write(path, entries=ENTRIES):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for entry in entries:
            writer.write(entry)
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.tfrecord")


def read_all(path):
    file = RecordFile(path)
    return [file.read(number) for number in range(len(file))]


def error_of(path):
    with pytest.raises(InputError) as error:
        read_all(path)
    return str(error.value)


def overwrite(path, place, value):
    data = bytearray(path.read_bytes())
    data[place] ^= value
    path.write_bytes(data)


def test_reads_what_tensorflow_wrote(path):
    assert read_all(path) == list(ENTRIES)


def test_reads_in_any_order(path):
    file = RecordFile(path)
    for number in (2, 0, 3, 3, 1):
        assert file.read(number) == ENTRIES[number]


@settings(max_examples=50, deadline=None)
@given(entries=st.lists(st.binary(max_size=100), max_size=8))
def test_reads_any_entries(entries, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("any") / "a.tfrecord", entries)
    assert read_all(path) == entries


def test_reads_from_several_threads(tmp_path):
    entries = [os.urandom(5_000) for _ in range(40)]
    file = RecordFile(write(tmp_path / "a.tfrecord", entries))
    numbers = np.random.default_rng(0).integers(0, 40, 1_000).tolist()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(file.read, numbers))
    assert found == [entries[number] for number in numbers]


def test_an_empty_file_has_no_entries(tmp_path):
    (tmp_path / "a.tfrecord").touch()
    assert len(RecordFile(tmp_path / "a.tfrecord")) == 0


@pytest.mark.parametrize("number", range(len(ENTRIES)))
@pytest.mark.parametrize(
    ("part", "place", "received"),
    [
        ("length", 0, "a length that does not match its checksum"),
        ("length", 7, "a length that does not match its checksum"),
        ("its checksum", 8, "a length that does not match its checksum"),
        ("data", HEADER, "data that does not match its checksum"),
        ("checksum", -1, "data that does not match its checksum"),
    ],
)
def test_names_the_entry_that_is_damaged(part, place, received, number, path):
    start, end = OFFSETS[number], OFFSETS[number] + HEADER + len(ENTRIES[number]) + FOOTER
    overwrite(path, (end if place < 0 else start) + place, 0x10)
    assert error_of(path) == (
        f"{path}, record {number} at byte {start}: expected a TFRecord entry, received {received}"
    )


def test_entries_beside_a_damaged_one_are_read(path):
    overwrite(path, OFFSETS[2] + HEADER, 1)
    file = RecordFile(path)
    assert [file.read(number) for number in (0, 1, 3)] == [ENTRIES[n] for n in (0, 1, 3)]


@pytest.mark.parametrize(
    ("size", "number", "received"),
    [
        (1, 0, "the end of the file"),
        (11, 0, "the end of the file"),
        (12, 0, "12 of 21 bytes"),
        (20, 0, "20 of 21 bytes"),
        (OFFSETS[2] + 13, 2, "13 of 27 bytes"),
        (OFFSETS[3] + 5, 3, "the end of the file"),
    ],
)
def test_names_the_entry_that_is_cut_off(size, number, received, path):
    path.write_bytes(path.read_bytes()[:size])
    assert error_of(path) == (
        f"{path}, record {number} at byte {OFFSETS[number]}: expected a TFRecord entry, received"
        f" {received}"
    )


def test_a_file_that_shrinks_while_open_is_found(path):
    file = RecordFile(path)
    os.truncate(path, OFFSETS[3] + HEADER + 2)
    with pytest.raises(InputError, match=f"record 3 at byte {OFFSETS[3]}: "):
        file.read(3)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_flipped_byte_is_always_found(data, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("flipped") / "a.tfrecord")
    size = path.stat().st_size
    place = data.draw(st.integers(0, size - 1))
    overwrite(path, place, data.draw(st.integers(1, 255)))
    number = sum(offset <= place for offset in OFFSETS) - 1
    message = f"{path}, record {number} at byte {OFFSETS[number]}: expected a TFRecord entry"
    assert re.match(re.escape(message), error_of(path))


def test_files_are_closed(path):
    before = len(os.listdir("/proc/self/fd"))
    file = RecordFile(path)
    del file
    overwrite(path, 0, 1)
    for broken in (path, path.parent, path.parent / "none"):
        with pytest.raises((InputError, OSError)):
            RecordFile(broken)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        RecordFile(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        RecordFile(tmp_path)
