"""The priors that come with the package, trained by this project on CMU motion capture."""

import os
from pathlib import Path

from hps_tf.errors import InputError
from hps_tf.priors.flow import PosePrior

_DIRECTORY = Path(__file__).parent / "pretrained"


def list_pretrained() -> tuple[str, ...]:
    """The names that `load` knows."""
    return tuple(sorted(path.stem for path in _DIRECTORY.glob("*.npz")))


def load(name_or_path: str | os.PathLike[str]) -> PosePrior:
    """Loads a pretrained prior by name, or a prior of your own by the path of its file.

    Args:
      name_or_path: A name of `list_pretrained`, or the path of a file that `PosePrior.save` or a
        training run wrote.

    Returns:
      The prior, with its `card` and its `references`: the Gaussian and the mixture of 8 fitted to
      the prior's own training data.

    Raises:
      InputError: If there is no such name or file, or the file is damaged.
    """
    if str(name_or_path) in list_pretrained():
        return PosePrior.restore(_DIRECTORY / f"{name_or_path}.npz")
    path = Path(name_or_path)
    if not path.exists():
        raise InputError(
            f"{name_or_path}: no such prior; expected a file or one of "
            f"{', '.join(list_pretrained()) or '(none)'}"
        )
    return PosePrior.restore(path)
