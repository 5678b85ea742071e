"""The output directory of a fit, which keeps finished work when the program is killed.

During the work, ``progress/`` holds the settings and the result of each finished batch; at
the end ``summary.json`` is written last and ``progress/`` removed. A directory with other settings
is refused.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.errors import InputError
from hps_tf.fitting import FitResult
from hps_tf.io import json_file, npz_arrays, settings_record

SUMMARY = "summary.json"
_PROGRESS = "progress"
_SETTINGS = "settings.json"
_ADVICE = "choose another output or remove this one"


class Fitted(NamedTuple):
    """The result of a batch and the seconds it took."""

    result: FitResult
    seconds: float


class Workspace:
    """The output directory.

    Args:
      directory: Where to write; made if it is not there.
      settings: The settings that decide the result, as JSON holds them.

    Attributes:
      is_finished: Whether the directory holds the whole result already.
      started: When the work was begun first, in seconds since the epoch.

    Raises:
      InputError: If the directory holds the work of other settings.
    """

    def __init__(self, directory: Path, settings: Mapping[str, Any]):
        if directory.exists() and not directory.is_dir():
            raise InputError(f"{directory}: expected a directory to write, received a file")
        self.directory = directory
        self._progress = directory / _PROGRESS
        self.is_finished = (directory / SUMMARY).is_file()
        if self.is_finished:
            recorded = json_file.read(directory / SUMMARY).get("settings")
            recorded = recorded if isinstance(recorded, dict) else {}
            settings_record.check(recorded, settings, str(directory), "a fit", _ADVICE)
            return
        kept = self._progress / _SETTINGS
        if not settings_record.check_file(kept, settings, str(directory), "a fit", _ADVICE):
            self._progress.mkdir(parents=True, exist_ok=True)
            for stale in self._progress.glob("*.npz"):
                stale.unlink()
            json_file.write(kept, settings, indent=1)
        self.started = kept.stat().st_mtime

    def load(self, batch: int) -> Fitted | None:
        """Returns the result of a batch if it is done, and its file not damaged since."""
        try:
            result = FitResult.load(self._path(batch))
            with np.load(self._path(batch), allow_pickle=False) as file:
                return Fitted(result, float(file["seconds"]))
        except (InputError, *npz_arrays.DAMAGED):  # Or there is no file yet.
            return None

    def save(self, batch: int, fitted: Fitted) -> None:
        """Keeps the result of a batch."""
        fitted.result.save(self._path(batch), seconds=np.array(fitted.seconds))

    def is_drawn(self, path: Path) -> bool:
        """Whether a file was written since the work was begun."""
        return path.is_file() and path.stat().st_mtime >= self.started

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Writes the summary, after all else, and removes what was kept for resuming."""
        json_file.write(self.directory / SUMMARY, summary, indent=1)
        shutil.rmtree(self._progress, ignore_errors=True)

    def _path(self, batch: int) -> Path:
        return self._progress / f"batch-{batch:05d}.npz"
