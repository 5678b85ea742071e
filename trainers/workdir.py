"""The run directory."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ml_collections import ConfigDict

from hps_tf.errors import InputError
from hps_tf.io import directory_lock, json_file, settings_record, tensorflow_path
from trainers import arguments

# A run may resume with other values of these; any other change would make it another run.
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
    """Checks that a run with a config can be kept in a directory, or resume in it.

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
        settings_record.check(
            arguments.load(workdir / "config.json").to_dict(),
            config.to_dict(),
            f"--workdir {workdir}",
            "a run",
            "choose another --workdir",
            ADJUSTABLE,
        )


def begin(workdir: Path, config: ConfigDict) -> None:
    """Makes the run directory and records the resolved config in it."""
    workdir.mkdir(parents=True, exist_ok=True)
    json_file.write(workdir / "config.json", config.to_dict())


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
