"""The place of outputs: a file system in memory that can be made small or read-only.

Only root may mount one. Others get a directory: its full disk is a limit of the size of each file,
and read-only means that nobody may write in its directories.
"""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

_LARGE = 2 << 30
_LEAST_ROOM = 64 << 10
"""Bytes: a file system cannot be made smaller than what it holds."""


class Volume:
    """The place of outputs.

    Args:
      path: Where it is mounted; made if it is not there.

    Attributes:
      path: The same.
      is_mounted: Whether it is a file system of its own.
    """

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.is_mounted = os.geteuid() == 0 and self._mount("-t", "tmpfs", "tmpfs")

    def close(self) -> None:
        """Removes it with all that is in it."""
        if self.is_mounted:
            subprocess.run(["umount", str(self.path)], check=True)
        shutil.rmtree(self.path)

    @contextlib.contextmanager
    def full_after(self, num_bytes: int) -> Iterator[Callable[[], None] | None]:
        """Leaves room for so many bytes in all, or in each file, within the block.

        A mounted file system that holds more already gets 64 KiB.

        Yields:
          What a process has to call before it starts; None where that is nothing.
        """
        if not self.is_mounted:
            yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))
            return
        used = shutil.disk_usage(self.path).used
        self._remount(f"size={max(num_bytes, used + _LEAST_ROOM)}")
        try:
            yield None
        finally:
            self._remount(f"size={_LARGE}")

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written within the block."""
        if self.is_mounted:
            self._remount("ro")
            try:
                yield
            finally:
                self._remount("rw")
            return
        directories = [self.path, *(path for path in self.path.rglob("*") if path.is_dir())]
        for directory in directories:
            directory.chmod(0o555)
        try:
            yield
        finally:
            for directory in directories:
                directory.chmod(0o755)

    def _mount(self, *arguments: str) -> bool:
        options = ["-o", f"size={_LARGE}"]
        done = subprocess.run(
            ["mount", *options, *arguments, str(self.path)], capture_output=True, check=False
        )
        return done.returncode == 0

    def _remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.path)], check=True)
