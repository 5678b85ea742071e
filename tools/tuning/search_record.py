"""The record of what a directory searches, so that only the same search goes on in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hps_tf.errors import InputError
from trainers import workdir
from trainers.arguments import flatten

_FILE = "search.json"


def check(directory: Path, record: Mapping[str, Any]) -> None:
    """Checks that a search can be kept in, or go on in, a directory.

    Raises:
      InputError: If it is a file, or holds another search.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError(f"--directory {directory}: expected a directory, received a file")
    path = directory / _FILE
    if not path.exists():
        return
    try:
        there = dict(flatten(json.loads(path.read_text("utf-8"))))
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise InputError(f"{path}: not a valid record of a search: {error}") from error
    here = dict(flatten(json.loads(json.dumps(record))))
    differences = [
        f"{name} {there.get(name)!r} there, {here.get(name)!r} here"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    if differences:
        raise InputError(
            f"--directory {directory} holds another search ({'; '.join(differences)}); choose"
            " another --directory"
        )


def begin(directory: Path, record: Mapping[str, Any]) -> None:
    """Makes the directory and records the search in it."""
    directory.mkdir(parents=True, exist_ok=True)
    workdir.write_json(directory / _FILE, record)
