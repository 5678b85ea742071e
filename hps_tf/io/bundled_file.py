"""Files of trained models that come with the package, by their names."""

import os
from pathlib import Path

from hps_tf.errors import InputError

_SUFFIX = ".npz"


def names(directory: Path) -> tuple[str, ...]:
    """Lists the names of the models in a directory, sorted."""
    return tuple(sorted(path.stem for path in directory.glob(f"*{_SUFFIX}")))


def find(directory: Path, name_or_path: str | os.PathLike[str], kind: str) -> Path:
    """Finds a model by its name, or by the path of a file of the user's own.

    Args:
      directory: Holds the files that come with the package.
      name_or_path: The name, or a path.
      kind: What errors call the model, e.g. ``"prior"``.

    Raises:
      InputError: If there is neither.
    """
    known = names(directory)
    if str(name_or_path) in known:
        return directory / f"{name_or_path}{_SUFFIX}"
    path = Path(name_or_path)
    if not path.exists():
        raise InputError(
            f"{name_or_path}: no such {kind}; expected a file or one of"
            f" {', '.join(known) or '(none)'}"
        )
    return path
