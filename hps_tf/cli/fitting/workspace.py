"""The output directory of a fit: what is done stays done when the program is killed.

While the work goes on, ``progress/`` holds the settings and the result of each finished batch; at
the end ``summary.json`` is written last and ``progress/`` removed. A directory with other settings
is refused.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hps_tf.errors import InputError
from hps_tf.fitting import FitResult
from hps_tf.io import atomic_file, json_values, npz_arrays

SUMMARY = "summary.json"
_PROGRESS = "progress"
_SETTINGS = "settings.json"
_TERM = "term_"


class Fitted(NamedTuple):
    """The result of a batch and the seconds it took."""

    result: FitResult
    seconds: float


class Workspace:
    """The output directory.

    Args:
      directory: Where to write; made if it is not there.
      settings: What decides the result, as JSON holds it.

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
            _compare(_read(directory / SUMMARY).get("settings"), settings, directory)
            return
        kept = self._progress / _SETTINGS
        if kept.is_file():
            _compare(_read(kept), settings, directory)
        else:
            self._progress.mkdir(parents=True, exist_ok=True)
            for stale in self._progress.glob("*.npz"):
                stale.unlink()
            write_json(kept, settings)
        self.started = kept.stat().st_mtime

    def load(self, batch: int) -> Fitted | None:
        """Returns the result of a batch if it is done, and its file not damaged since."""
        try:
            with np.load(self._path(batch), allow_pickle=False) as file:
                arrays = dict(file)
            seconds = float(arrays.pop("seconds"))
            terms = {
                name.removeprefix(_TERM): arrays.pop(name)
                for name in list(arrays)
                if name.startswith(_TERM)
            }
            return Fitted(FitResult(**arrays, terms=terms), seconds)
        except npz_arrays.DAMAGED:  # Or there is no file yet.
            return None

    def save(self, batch: int, fitted: Fitted) -> None:
        """Keeps the result of a batch."""
        fitted.result.save(self._path(batch), seconds=np.array(fitted.seconds))

    def is_drawn(self, path: Path) -> bool:
        """Whether a file was written since the work was begun."""
        return path.is_file() and path.stat().st_mtime >= self.started

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Writes the summary, after all else, and removes what was kept for resuming."""
        write_json(self.directory / SUMMARY, summary)
        shutil.rmtree(self._progress, ignore_errors=True)

    def _path(self, batch: int) -> Path:
        return self._progress / f"batch-{batch:05d}.npz"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file whole or not at all."""
    with atomic_file.replacing(path) as temporary:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", "utf-8")


def _read(path: Path) -> dict[str, Any]:
    return json_values.as_object(json_values.parse(path.read_bytes(), str(path)), str(path))


def _compare(before: Any, settings: Mapping[str, Any], directory: Path) -> None:
    before = before if isinstance(before, dict) else {}
    for name, value in settings.items():
        if before.get(name) != value:
            raise InputError(
                f"{directory}: expected a fit with the same {name}, received {before.get(name)!r}"
                f" there and {value!r} now; choose another output or remove this one"
            )
