"""Packages that are installed with an extra of this one, e.g. ``pip install 'hps_tf[coco]'``."""

import contextlib
from collections.abc import Iterator

from hps_tf.errors import InputError


@contextlib.contextmanager
def needed(extra: str) -> Iterator[None]:
    """Says how to install what an import in the block misses.

    Args:
      extra: The extra that brings the packages, e.g. ``"coco"``.

    Raises:
      InputError: If a package is missing; names it and the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == __package__:
            raise
        raise InputError(
            f"expected the package {error.name}, received none; install it with:"
            f" pip install 'hps_tf[{extra}]'"
        ) from error
