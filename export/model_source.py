"""The network or prior that a program is to export."""

import argparse
from pathlib import Path
from typing import NamedTuple

from hps_tf import models, priors
from hps_tf.cli import command
from hps_tf.errors import InputError

_NETWORK_FILE, _PRIOR_FILE = "network.npz", "prior.npz"


class ModelSource(NamedTuple):
    """A model's name and where it is."""

    name: str
    path: str | Path
    is_network: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--run`` and ``--model``, one of which must be given."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--run", type=command.path, metavar="DIR", help="directory of a training run"
    )
    source.add_argument(
        "--model", "--network", "--prior", metavar="NAME", help="a pretrained network or prior"
    )


def find(arguments: argparse.Namespace) -> ModelSource:
    """Finds the model that ``--run`` or ``--model`` names.

    Raises:
      InputError: If there is none.
    """
    if arguments.run is not None:
        for name in (_NETWORK_FILE, _PRIOR_FILE):
            path = arguments.run / name
            if path.is_file():
                return ModelSource(arguments.run.resolve().name, path, name == _NETWORK_FILE)
        raise InputError(
            f"{arguments.run}: expected the directory of a finished run, with {_NETWORK_FILE} or"
            f" {_PRIOR_FILE}, received none"
        )
    networks, flows = models.list_pretrained(), priors.list_pretrained()
    if arguments.model not in networks + flows:
        raise InputError(
            f"--model: expected one of {', '.join(networks + flows)}, received {arguments.model!r}"
        )
    return ModelSource(arguments.model, arguments.model, arguments.model in networks)
