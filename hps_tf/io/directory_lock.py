"""Directories that one process at a time writes in.

The operating system holds the lock for as long as the process lives, so one that was killed leaves
none behind. What the process wrote of itself stays: it shows who is at work, and where file systems
do not carry locks from machine to machine, who may be.
"""

import contextlib
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hps_tf.errors import InputError

FILE = ".lock"

_SECONDS_BETWEEN_TRIES = 0.5


@contextlib.contextmanager
def held(directory: Path, name: str, *, waits: bool = False) -> Iterator[None]:
    """Keeps other processes out of a directory for the time of the block.

    Args:
      directory: The directory; made if it is not there, and removed if the block fails before it
        has written anything.
      name: How errors call it, e.g. ``"--workdir runs/x"``.
      waits: Whether to wait for another process that is at work in it.

    Raises:
      InputError: If another process is at work in it, and says which one on which machine, unless
        it is waited for; or if it is a file.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory}: expected a directory to write, received a file")
    is_new = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / FILE
    with _locked(path, name, waits=waits) as file:
        left = _owner(file)
        if left and left["host"] != socket.gethostname():
            # Killed, or at work on a file system whose locks do not reach this machine.
            print(f"{name} was not left by {_text(left)}: make sure it has ended", file=sys.stderr)
        _write(file, {"pid": os.getpid(), "host": socket.gethostname()})
        try:
            yield
        except BaseException:
            path.unlink(missing_ok=True)
            if is_new:
                with contextlib.suppress(OSError):  # Something was written.
                    directory.rmdir()
            raise
        path.unlink(missing_ok=True)


def _locked(path: Path, name: str, *, waits: bool) -> IO[str]:
    """Opens the file and takes its lock."""
    while True:
        file = path.open("a+", encoding="utf-8")
        if not _lock(file, _owner(file)):
            owner = _owner(file)
            file.close()
            if waits:
                time.sleep(_SECONDS_BETWEEN_TRIES)
                continue
            raise InputError(f"{name} is in use by {_text(owner)}")
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # Who had the lock has removed the file since.


def _lock(file: IO[str], left: dict) -> bool:
    """Takes the lock, if nobody has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system without locks: who wrote of itself has it while it lives.
        return not (left and left["host"] == socket.gethostname() and _is_alive(left["pid"]))
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # Of another user.
    return True


def _owner(file: IO[str]) -> dict:
    """The process that wrote of itself last, empty if it ended by itself."""
    file.seek(0)
    try:
        owner = json.loads(file.read())
        return {"pid": int(owner["pid"]), "host": str(owner["host"])}
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return {}


def _write(file: IO[str], owner: dict) -> None:
    file.seek(0)
    file.truncate()
    file.write(json.dumps(owner))
    file.flush()


def _text(owner: dict) -> str:
    return f"process {owner['pid']} on {owner['host']}" if owner else "another process"
