"""Files as damage and foreign programs leave them, drawn by Hypothesis."""

import io
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: What the reader of a file may take at most.
_SECONDS, _BYTES = 5.0, 1 << 30

#: Numbers that shapes, sizes and offsets are replaced by.
_EXTREME = (b"0", b"-1", b"1e9", b"99999999999999999999", b"nan", b"None", b"()", b"O", b"\x00")


_SHAPES = st.sampled_from(
    [
        lambda array: array,
        lambda array: array[:1] if array.ndim else array,
        lambda array: array[:0] if array.ndim else array,
        lambda array: array[0] if array.ndim and len(array) else array,
        lambda array: array[np.newaxis],
        lambda array: array[..., np.newaxis],
        lambda array: array[..., :-1] if array.ndim else array,
        lambda array: np.concatenate([array, array]) if array.ndim else array,
        np.ravel,
    ]
)
_TYPES = st.sampled_from(["", "f8", "f2", "i8", "u1", "c16", "?", "U9", "S9"])
_VALUES = st.sampled_from([None, 0.0, -1.0, 0.5, 3e5, 1e9, 1e18, 1e300, np.nan, np.inf])


def few(count: int):
    """Settings of a test that draws `count` files."""
    return settings(
        deadline=None,
        max_examples=count,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def many(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a slow test of 20,000 files, in parts: Hypothesis keeps what it drew until a test ends.

    The test takes the number of the `part`.
    """
    return pytest.mark.slow(pytest.mark.parametrize("part", range(20))(few(1_000)(test)))


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Cut, overwritten, lengthened, doubled or with a number exchanged; or bytes of their own."""
    place = st.integers(0, max(len(content) - 1, 0))
    beginning = st.integers(0, min(len(content) - 1, 256))
    noise = st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from(_EXTREME))
    return st.one_of(
        place.map(lambda end: content[:end]),
        st.builds(_overwritten, st.just(content), st.one_of(place, beginning), noise),
        st.builds(_inserted, st.just(content), st.one_of(place, beginning), noise),
        place.map(lambda start: content + content[start:]),
        st.binary(max_size=200),
    )


def damaged_archive(content: bytes) -> st.SearchStrategy[bytes]:
    """As `damaged`, or a whole archive one of whose entries is damaged, renamed or gone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}

    def with_damaged_entry(name: str) -> st.SearchStrategy[bytes]:
        changed = damaged(entries[name]).map(lambda data: _zipped(entries | {name: data}))
        gone = st.just(_zipped({other: data for other, data in entries.items() if other != name}))
        return st.one_of(changed, changed, changed, gone)

    # Of the many weights few suffice.
    names = sorted(entries, key=lambda name: len(entries[name]))[:12]
    return st.one_of(damaged(content), st.sampled_from(names).flatmap(with_damaged_entry))


def damaged_arrays(arrays: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """As `damaged_archive` of an .npz, or its fields have another shape, type or value."""
    names = st.sampled_from(sorted(arrays))
    changes = st.lists(st.tuples(names, _SHAPES, _TYPES, _VALUES), min_size=1, max_size=3)

    def exchanged(changed: list[tuple[str, Any, str, float]]) -> bytes:
        fields = {name: np.asarray(array) for name, array in arrays.items()}
        for name, reshape, kind, value in changed:
            array = np.asarray(reshape(fields[name]))
            with np.errstate(all="ignore"):
                if kind and (kind[0] in "US" or array.dtype.kind not in "US"):
                    array = array.astype(kind)
                if value is not None and array.size and array.dtype.kind in "fic":
                    array = array.copy()
                    array.flat[-1] = np.float64(value).astype(array.dtype)
            fields[name] = array
        return _saved(fields)

    return st.one_of(damaged_archive(_saved(arrays)), changes.map(exchanged))


def read_or_refused(
    read: Callable[[], Any], refusal: type[Exception], most_bytes: int = _BYTES
) -> Any:
    """Reads; a refusal is None. Fails if it takes long, or more memory than `most_bytes`."""
    signal.signal(signal.SIGVTALRM, _stop)
    Path("/proc/self/clear_refs").write_text("5")  # The peak is now what the process has.
    before = _peak_bytes()
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
    try:
        result = read()
    except refusal:
        result = None
    except _TooLong:
        raise AssertionError(f"the reader took more than {_SECONDS:g} s of the processor") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
    taken = _peak_bytes() - before
    assert taken < most_bytes, f"the reader took {taken} bytes"
    return result


def _peak_bytes() -> int:
    """The most memory that this process had resident since its peak was reset."""
    return 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])


class _TooLong(BaseException):
    """The time is over; no reader takes this for the fault of a file."""


def _stop(*_: object) -> None:
    raise _TooLong


def _overwritten(content: bytes, place: int, noise: bytes) -> bytes:
    return content[:place] + noise + content[place + len(noise) :]


def _inserted(content: bytes, place: int, noise: bytes) -> bytes:
    return content[:place] + noise + content[place:]


def _zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _saved(arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()
