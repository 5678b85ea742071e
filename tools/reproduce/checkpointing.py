"""Finished parts of a long computation, in files from which a rerun resumes.

OUTPUT/settings.json       what all of it depends on
OUTPUT/parts/NAME.npz      arrays of a finished part, with what that part alone depends on
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import json_file, npz_arrays, settings_record

_BASIS = "basis"


class Checkpoints:
    """The finished parts under a directory.

    Args:
      directory: Where they are kept; made if missing.
      settings: The settings of all parts, JSON.

    Raises:
      InputError: If the directory holds parts made with other settings.
    """

    def __init__(self, directory: Path, settings: Mapping[str, Any]):
        self._directory = directory
        self._parts = directory / "parts"
        self._parts.mkdir(parents=True, exist_ok=True)
        path = directory / "settings.json"
        settings_record.check_file(
            path, settings, f"--output {directory}", "results", "choose another --output"
        )
        json_file.write(path, settings, indent=1)

    def load_if_done(self, name: str, basis: Mapping[str, Any]) -> dict[str, np.ndarray] | None:
        """Reads a part to resume from.

        Args:
          name: Its name.
          basis: Its present inputs, JSON.

        Returns:
          Its arrays, or None if it isn't done.

        Raises:
          InputError: If it was made on another basis, or its file is damaged.
        """
        if not self.is_done(name):
            return None
        recorded, arrays = self._read(name)
        advice = "choose another --output or remove the file"
        settings_record.check(recorded, basis, str(self._path(name)), "a part", advice)
        return arrays

    def load(self, name: str) -> dict[str, np.ndarray]:
        """Reads the arrays of a part that is done.

        Raises:
          InputError: If its file is missing or damaged.
        """
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[Any, dict[str, np.ndarray]]:
        path = self._path(name)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            return json.loads(str(arrays.pop(_BASIS))), arrays
        except FileNotFoundError:
            raise InputError(f"{path}: expected a finished part, received none") from None
        except npz_arrays.DAMAGED as error:
            raise InputError(
                f"{path}: expected a finished part, received a damaged file ({error}); remove it"
            ) from error

    def save(self, name: str, basis: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Writes a part, atomically."""
        npz_arrays.write(self._path(name), {**arrays, _BASIS: np.array(json.dumps(basis))})

    def __len__(self) -> int:
        """The number of finished parts."""
        return sum(1 for _ in self._parts.glob("[!.]*.npz"))

    def is_done(self, name: str) -> bool:
        """Whether a part has been saved."""
        return self._path(name).exists()

    def _path(self, name: str) -> Path:
        return self._parts / f"{name}.npz"
