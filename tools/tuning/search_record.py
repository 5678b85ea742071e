"""The record of a directory's search, so that only the same search resumes in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hps_tf.errors import InputError
from hps_tf.io import json_file, settings_record

_FILE = "search.json"


def check(directory: Path, record: Mapping[str, Any]) -> None:
    """Checks that a search can be kept in a directory, or resume in it.

    Raises:
      InputError: If it is a file, or holds another search.
    """
    where = f"--directory {directory}"
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{where}: expected a directory, received a file")
    settings_record.check_file(
        directory / _FILE, record, where, "a search", "choose another --directory"
    )


def begin(directory: Path, record: Mapping[str, Any]) -> None:
    """Makes the directory and records the search in it."""
    directory.mkdir(parents=True, exist_ok=True)
    json_file.write(directory / _FILE, record)
