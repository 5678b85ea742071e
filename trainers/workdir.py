"""The run directory."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.io import atomic_file, directory_lock, tensorflow_path
from trainers import arguments

# A run may go on with other values of these; any other change would make it another run.
ADJUSTABLE = (
    "steps",
    "steps_per_call",
    "log_every",
    "checkpoint_every",
    "patience",
    "strategy",
    "xla",
)


def check(workdir: Path, config: ConfigDict) -> None:
    """Checks that a run with a config can be kept in, or go on in, a directory.

    Raises:
      InputError: If it cannot be written or read again, or holds a run with another config.
    """
    tensorflow_path.check(workdir, "--workdir")
    existing = next(path for path in (workdir, *workdir.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise InputError(f"--workdir {workdir}: {existing} is a file, not a directory")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"--workdir {workdir}: no permission to write in {existing}")
    if (workdir / "config.json").exists():
        recorded = dict(arguments.flatten(arguments.load(workdir / "config.json")))
        _check_same(workdir, recorded, dict(arguments.flatten(config)))


def begin(workdir: Path, config: ConfigDict) -> None:
    """Makes the run directory and records the resolved config in it."""
    workdir.mkdir(parents=True, exist_ok=True)
    write_json(workdir / "config.json", config.to_dict())


@contextlib.contextmanager
def held(workdir: Path, config: ConfigDict) -> Iterator[None]:
    """Begins in the run directory and keeps others out of it for the time of the block.

    Raises:
      InputError: If another process trains in it, or has begun another run in it since `check`.
    """
    with directory_lock.held(workdir, f"--workdir {workdir}"):
        check(workdir, config)
        begin(workdir, config)
        yield


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file atomically."""
    with atomic_file.replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _check_same(workdir: Path, recorded: dict[str, Any], wanted: dict[str, Any]) -> None:
    differences = [
        f"{name} {recorded.get(name)!r} there, {wanted.get(name)!r} here"
        for name in sorted(recorded.keys() | wanted.keys())
        if recorded.get(name) != wanted.get(name) and name not in ADJUSTABLE
    ]
    if differences:
        raise InputError(
            f"--workdir {workdir} holds a run with another config ({'; '.join(differences)}); "
            "choose another --workdir"
        )
