"""Pinned packages of the npm registry."""

import contextlib
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hps_tf.errors import InputError


class NpmPackage(NamedTuple):
    """A package of one version.

    Attributes:
      requirement: Name and version, as npm takes them.
      sha256: Of its .tgz file.
    """

    requirement: str
    sha256: str

    @contextlib.contextmanager
    def opened(self, path: Path | None) -> Iterator[tarfile.TarFile]:
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
                path = self.download(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            try:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise InputError(f"{path}: expected a file, received: {error.strerror}") from None
            if digest != self.sha256:
                raise InputError(
                    f"{path}: expected {self.requirement} with sha256 {self.sha256}, received"
                    f" {digest}"
                )
            yield stack.enter_context(tarfile.open(path))

    def download(self, directory: Path) -> Path:
        """Downloads the package to a directory.

        Raises:
          InputError: If it is not to be had.
        """
        run_npm(["pack", self.requirement, "--silent", "--pack-destination", str(directory)])
        packages = list(directory.glob("*.tgz"))
        if len(packages) != 1:
            raise InputError(f"npm pack {self.requirement}: expected a package, received none")
        return packages[0]


def run_npm(arguments: list[str], directory: Path | None = None) -> None:
    """Runs npm.

    Args:
      arguments: Those after ``npm``.
      directory: Where it runs.

    Raises:
      InputError: If npm is missing or fails.
    """
    try:
        outcome = subprocess.run(
            ["npm", *arguments], capture_output=True, text=True, check=False, cwd=directory
        )
    except FileNotFoundError:
        raise InputError("expected npm in the PATH, received none; see --package") from None
    if outcome.returncode != 0:
        reason = outcome.stderr.strip().splitlines()[-1:] or ["no message"]
        command = " ".join(arguments[:2])
        raise InputError(f"npm {command} failed: {reason[0]}; see --package")
