"""The priors that come with the package, trained by this project on CMU motion capture."""

import os
import zipfile
from pathlib import Path
from typing import Any

import keras

from hps_tf.errors import InputError
from hps_tf.io import bundled_file
from hps_tf.priors import prior_file
from hps_tf.priors.discriminator import PoseDiscriminator
from hps_tf.priors.flow import FlowPrior
from hps_tf.priors.mixture_prior import MixturePrior
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.vae import PoseVAE

_DIRECTORY = Path(__file__).parent / "pretrained"
#: Imported, so that their files are known.
CLASSES = (FlowPrior, MixturePrior, PoseDiscriminator, PoseVAE)


def list_pretrained() -> tuple[str, ...]:
    """The names that `load` knows.

        hps_tf.priors.list_pretrained()

    Returns:
      The names, sorted.
    """
    return bundled_file.names(_DIRECTORY)


def load(name_or_path: str | os.PathLike[str], *abilities: str) -> PosePrior:
    """Loads a pretrained prior by name, or a prior of your own by the path of its file.

        prior = hps_tf.priors.load("cmu-6d-light")

    A class of your own is known as soon as it is imported.

    Args:
      name_or_path: A name of `list_pretrained`, or the path of a file that `PosePrior.save` or a
        training run wrote.
      *abilities: What it must have, of ``"density"``, ``"latent"`` and ``"samples"``.

    Returns:
      The prior, with its `card`. Those trained as flows have their `references` too: the Gaussian
      and the mixture of 8 fitted to their training data.

    Raises:
      InputError: If there is no such name or file, the file is damaged, or the prior lacks an
        ability.
    """
    path = bundled_file.find(_DIRECTORY, name_or_path, "prior")
    if path.suffix == ".keras":
        prior = _load_keras(path)
    else:
        prior = PosePrior.from_content(path, prior_file.read(path))
    try:
        prior.require(*abilities)
    except ValueError as error:
        raise InputError(f"{name_or_path}: {error}") from error
    return prior


def _load_keras(path: Path) -> PosePrior:
    try:
        prior: Any = keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected a prior in Keras' format: {error}") from error
    if not isinstance(prior, PosePrior):
        raise InputError(f"{path}: expected a prior, received a {type(prior).__name__}")
    return prior
