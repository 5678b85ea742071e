"""The numbered versions of a model in a directory that a server watches.

A version is written elsewhere on the same disk and then renamed, so whoever looks sees all of it or
nothing. What an export that was killed has left is removed by the next one.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hps_tf.errors import InputError

_SCRATCH = ".exporting-"


def listed(directory: Path) -> list[int]:
    """The numbers of the versions in the directory of a model, in order."""
    if not directory.is_dir():
        return []
    return sorted(int(path.name) for path in directory.iterdir() if path.name.isdigit())


def check_free(directory: Path, version: int | None) -> None:
    """Checks that a version can be written.

    Raises:
      InputError: If there is one of that number.
    """
    if version is not None and (directory / str(version)).exists():
        raise InputError(
            f"{directory / str(version)}: expected a new version, received one that exists;"
            " choose another --version"
        )


class Publication:
    """A version being written.

    Attributes:
      scratch: The directory to write to; exists and is empty.
      path: Where it has come to lie; None until then.
    """

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self.path: Path | None = None


@contextlib.contextmanager
def publishing(directory: Path, version: int | None = None) -> Iterator[Publication]:
    """Yields a version to write; on success it appears in the directory of its model.

    Args:
      directory: Of the model, with all its versions; is made if it is missing.
      version: The number; by default the one after the highest at the end of the writing.

    Yields:
      The publication.

    Raises:
      InputError: If there is a version of that number; what was there stays as it was.
    """
    check_free(directory, version)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(directory.parent) as scratch:
        publication = Publication(scratch / "new")
        publication.scratch.mkdir()
        yield publication
        directory.mkdir(exist_ok=True)
        publication.path = _move(publication.scratch, directory, version)


def _move(written: Path, directory: Path, version: int | None) -> Path:
    while True:
        number = version or max(listed(directory), default=0) + 1
        target = directory / str(number)
        try:
            # Fails where a version with files in it exists: none is ever replaced.
            return written.rename(target)
        except OSError:
            if not target.exists():
                raise
            check_free(directory, version)


@contextlib.contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A directory that is locked as long as its process lives."""
    with _locked(parent, fcntl.LOCK_EX):
        _remove_abandoned(parent)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=parent))
        lock = contextlib.ExitStack()
        lock.enter_context(_locked(scratch, fcntl.LOCK_EX))
    with lock:
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for scratch in parent.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError), _locked(scratch, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _locked(directory: Path, kind: int) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)
