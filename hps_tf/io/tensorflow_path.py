"""Paths that TensorFlow can read checkpoints and SavedModels from."""

from pathlib import Path

from hps_tf.errors import InputError

#: TensorFlow looks for a file by a pattern, in which these do not stand for themselves.
_MISREAD = "[]\\"


def check(path: Path, name: str) -> None:
    """Checks a path before anything is written that could not be read again.

    Args:
      path: The path.
      name: How errors call it, e.g. ``"--workdir"``.

    Raises:
      InputError: If it has a character that TensorFlow takes for a pattern.
    """
    if set(str(path)) & set(_MISREAD):
        raise InputError(
            f"{name} {path}: expected a path without {' '.join(_MISREAD)}, which TensorFlow does"
            " not find again"
        )
