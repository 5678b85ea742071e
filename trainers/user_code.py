"""Python files of the user's: configs and search spaces."""

import contextlib
import runpy
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hps_tf.errors import InputError


def load(path: Path, name: str, kind: str) -> Callable[..., Any]:
    """Loads a function from a Python file.

    Args:
      path: The file.
      name: The function.
      kind: How errors call such a file.

    Raises:
      InputError: If the file cannot be run or has no such function.
    """
    with blaming(path):
        found = runpy.run_path(str(path)).get(name)
    if not callable(found):
        raise InputError(f"{path}: {kind} must define {name}()")
    return found


@contextlib.contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Turns every exception of a file's code into an `InputError` that names the line."""
    try:
        yield
    except SyntaxError as error:
        raise InputError(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except Exception as error:  # The file is the user's, and so is the fix.
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else path
        raise InputError(f"{where}: {type(error).__name__}: {error}") from error
