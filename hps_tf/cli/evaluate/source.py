"""The trained model that is to be measured: a pretrained one, a file, or that of a run."""

import argparse
from pathlib import Path

from hps_tf.io import run_directory

_OTHER_PROGRAM = {
    "prior.npz": "measure it with `tools.evaluate prior` or `energy`",
    "network.npz": "measure it with `tools.evaluate network`",
    "lifting.npz": "measure it with `tools.evaluate lifting`",
}


def prior(arguments: argparse.Namespace) -> tuple[str | Path, str]:
    """The prior that --prior or --run names.

    Returns:
      Its name or file, and what to call it.

    Raises:
      InputError: If the run holds none.
    """
    return _source(arguments, arguments.prior, "prior.npz")


def network(arguments: argparse.Namespace) -> tuple[str | Path, str]:
    """The network that --network or --run names; see `prior`."""
    return _source(arguments, arguments.network, "network.npz")


def _source(arguments: argparse.Namespace, name: str, file: str) -> tuple[str | Path, str]:
    if arguments.run is None:
        return name, Path(name).name.removesuffix(".npz")
    return run_directory.file(arguments.run, file, _OTHER_PROGRAM), arguments.run.resolve().name
