"""The networks that come with the package, trained by this project without photographs."""

import os
from pathlib import Path

from hps_tf.io import bundled_file
from hps_tf.models import lifting_file, network_file
from hps_tf.models.lifting_network import LiftingNetwork
from hps_tf.models.staged_network import StagedNetwork

_DIRECTORY = Path(__file__).parent / "pretrained"


def list_pretrained() -> tuple[str, ...]:
    """The names that `load` knows.

        hps_tf.models.list_pretrained()

    Returns:
      The names, sorted.
    """
    return bundled_file.names(_DIRECTORY)


def load(name_or_path: str | os.PathLike[str]) -> StagedNetwork:
    """Loads a pretrained network by name, or a network of your own by the path of its file.

        network = hps_tf.models.load("synthetic-small")

    Args:
      name_or_path: A name of `list_pretrained`, or the path of a file that a training run wrote.

    Returns:
      The network, with its `card`.

    Raises:
      InputError: If there is no such name or file, or the file is damaged.
    """
    return network_file.read(bundled_file.find(_DIRECTORY, name_or_path, "network"))


def load_lifting(name_or_path: str | os.PathLike[str]) -> LiftingNetwork:
    """Loads a lifting network, or the lifting module of a network, and nothing else.

        network = hps_tf.models.load_lifting("photo")

    Args:
      name_or_path: A name of `list_pretrained`, or the path of a run's ``lifting.npz`` or
        ``network.npz``.

    Raises:
      InputError: If there is no such name or file, the file is damaged or has no lifting module.
    """
    return lifting_file.read(bundled_file.find(_DIRECTORY, name_or_path, "network"))
