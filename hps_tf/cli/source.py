"""The trained model that a program is to take: a pretrained one, a file, or that of a run."""

import argparse
from pathlib import Path
from typing import NamedTuple

from hps_tf.io import run_directory

#: What measures the models of runs of other kinds.
MEASURES = {
    "prior.npz": "measure it with `hps evaluate prior` or `hps evaluate energy`",
    "network.npz": "measure it with `hps evaluate network`",
    "lifting.npz": "measure it with `hps evaluate lifting`",
}

#: What draws them.
DRAWINGS = {
    "prior.npz": "draw it with `hps render prior`",
    "network.npz": "draw it with `hps render network`",
}


class Source(NamedTuple):
    """Where a trained model is.

    Attributes:
      name: Its name in messages.
      file: The name of a pretrained model, or a file.
    """

    name: str
    file: str | Path


def find(arguments: argparse.Namespace, kind: str, instead: dict[str, str] | None = None) -> Source:
    """Finds the model that ``--run`` or the option of its kind names; see `hps_tf.cli.options`.

    Args:
      arguments: The parsed arguments.
      kind: ``"prior"``, ``"network"`` or ``"lifting"``.
      instead: Advice for runs of other kinds, by their files' names.

    Raises:
      InputError: If the run holds no such model.
    """
    if arguments.run is None:
        file = getattr(arguments, kind)
        return Source(Path(file).name.removesuffix(".npz"), file)
    file = run_directory.file(arguments.run, f"{kind}.npz", instead)
    return Source(arguments.run.resolve().name, file)
