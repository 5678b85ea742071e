"""The priors that come with the package, trained by this project on CMU motion capture."""

import os
from pathlib import Path

from hps_tf.errors import InputError
from hps_tf.priors import prior_file
from hps_tf.priors.discriminator import PoseDiscriminator
from hps_tf.priors.flow import FlowPrior
from hps_tf.priors.presets import PRESETS
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.vae import PoseVAE

_DIRECTORY = Path(__file__).parent / "pretrained"
_CLASSES: dict[str, type[PosePrior]] = {
    **dict.fromkeys(PRESETS, FlowPrior),
    "vposer": PoseVAE,
    "hmr": PoseDiscriminator,
}


def list_pretrained() -> tuple[str, ...]:
    """The names that `load` knows."""
    return tuple(sorted(path.stem for path in _DIRECTORY.glob("*.npz")))


def load(name_or_path: str | os.PathLike[str]) -> PosePrior:
    """Loads a pretrained prior by name, or a prior of your own by the path of its file.

    Args:
      name_or_path: A name of `list_pretrained`, or the path of a file that `PosePrior.save` or a
        training run wrote.

    Returns:
      The prior, with its `card`: a `FlowPrior`, `PoseVAE` or `PoseDiscriminator`. A `FlowPrior`
      has its `references` too: the Gaussian and the mixture of 8 fitted to its training data.

    Raises:
      InputError: If there is no such name or file, or the file is damaged.
    """
    path = _path(name_or_path)
    content = prior_file.read(path)
    if content.preset not in _CLASSES:
        names = ", ".join(_CLASSES)
        raise InputError(f"{path}: `preset` must be one of {names}, got {content.preset!r}")
    return _CLASSES[content.preset].from_content(path, content)


def load_flow(name_or_path: str | os.PathLike[str]) -> FlowPrior:
    """Loads a prior that has a density.

    Args:
      name_or_path: See `load`.

    Raises:
      InputError: As `load`, and if the prior is of another kind.
    """
    prior = load(name_or_path)
    if not isinstance(prior, FlowPrior):
        raise InputError(
            f"{name_or_path}: expected a prior with a density ({', '.join(PRESETS)}), "
            f"got {prior.preset}"
        )
    return prior


def _path(name_or_path: str | os.PathLike[str]) -> Path:
    if str(name_or_path) in list_pretrained():
        return _DIRECTORY / f"{name_or_path}.npz"
    path = Path(name_or_path)
    if not path.exists():
        raise InputError(
            f"{name_or_path}: no such prior; expected a file or one of "
            f"{', '.join(list_pretrained()) or '(none)'}"
        )
    return path
