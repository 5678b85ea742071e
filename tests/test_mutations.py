import contextlib

import numpy as np
import pytest

from hps_tf.errors import InputError
from tests import mutations

MIB = 1 << 20


def test_what_is_read_is_returned_and_a_refusal_is_none():
    def refuse():
        raise InputError("expected a file, received none")

    assert mutations.read_or_refused(lambda: 3, InputError) == 3
    assert mutations.read_or_refused(refuse, InputError) is None


def test_a_reader_of_much_memory_fails_each_time():
    def fill():
        np.ones(64 * MIB, np.uint8)

    for _ in range(3):  # What was taken and given back does not hide the next.
        with pytest.raises(AssertionError, match="the reader took 6"):
            mutations.read_or_refused(fill, InputError, 48 * MIB)
    mutations.read_or_refused(fill, InputError, 80 * MIB)


def test_memory_that_is_claimed_and_not_filled_counts_for_nothing():
    mutations.read_or_refused(lambda: np.empty(64 * MIB, np.uint8), InputError, 8 * MIB)


def test_a_slow_reader_fails_even_if_it_catches_every_error(monkeypatch):
    monkeypatch.setattr(mutations, "_SECONDS", 0.05)

    def never_end():
        with contextlib.suppress(Exception):
            while True:
                pass

    with pytest.raises(AssertionError, match="the reader took more than"):
        mutations.read_or_refused(never_end, InputError)
