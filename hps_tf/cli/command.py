"""Shared entry point of all programs: bad input is reported on one line, with exit code 2."""

import argparse
import ast
import errno
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from hps_tf.errors import InputError

EXIT_BAD_INPUT = 2

_REASONS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
_DISK = re.compile(
    rf"(?:^|\s)(?P<path>/[^;\n]*); (?P<reason>{'|'.join(map(os.strerror, _REASONS))})"
)
"""How TensorFlow says that a file cannot be written."""


def run(main: Callable[[], None], name: str) -> NoReturn:
    """Runs a program's main function and exits.

    Args:
      main: The program. Raises `InputError` for input it cannot use; an `OSError` (file missing,
        permission denied, disk full) is reported like it.
      name: How the program is called, e.g. ``"tools.fit"``; begins the error line.
    """
    try:
        main()
    except InputError as error:
        _fail(name, " ".join(str(error).split()))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(name, f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        reason = _of_the_disk(error)
        if reason is None:
            raise
        _fail(name, reason)
    sys.exit(0)


def parser(
    name: str, description: str | None, parents: Sequence[argparse.ArgumentParser] = ()
) -> argparse.ArgumentParser:
    """Makes a program's parser.

    Args:
      name: How the program is called; begins its messages.
      description: The docstring of its module, shown as it is.
      parents: Parsers of options; see `hps_tf.cli.options`.
    """
    return argparse.ArgumentParser(
        prog=name,
        description=description,
        parents=parents,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def docstring(module: str) -> str:
    """Gives the docstring of a module that is not imported.

    Args:
      module: Its full name, e.g. ``"export.fit_signatures"``; its package is imported.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))
    return ast.get_docstring(tree, clean=False) or ""


def path(text: str) -> Path:
    """The type of a command line's argument that is a path; ``~`` is the home directory.

    Shells expand it at the beginning of a word, but not in ``--output=~/data``.
    """
    if not text:
        raise argparse.ArgumentTypeError("expected a path, received an empty text")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise argparse.ArgumentTypeError(
            f"expected a path, received {text!r}: no such user's home directory is known"
        ) from None


def paths(text: str) -> list[Path]:
    """The type of a command line's argument that is one path, or several with commas between."""
    return [path(part) for part in ([text] if Path(text).exists() else text.split(","))]


def name_or_path(text: str) -> str:
    """The type of a command line's argument that is a name or a path; see `path`."""
    return str(path(text)) if text.startswith("~") else text


def at_least(least: int) -> Callable[[str], int]:
    """The type of a command line's argument that is a whole number not below `least`."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"expected at least {least}, received {value}")
        return value

    number.__name__ = "whole number"  # argparse's name for what it cannot read.
    return number


def _of_the_disk(error: Exception) -> str | None:
    """The reason, if TensorFlow could not write a file: its errors are no `OSError`."""
    if not type(error).__module__.startswith("tensorflow."):
        return None
    found = _DISK.search(str(error))
    return f"{found['path']}: {found['reason']}" if found else None


def _fail(name: str, message: str) -> NoReturn:
    print(f"{name}: error: {message}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)
