"""Makes a trained network one of those that come with the package, with its model card.

The card is written from what training and `tools.evaluate network` recorded; nothing is measured
here. Weights are rounded to float16.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from hps_tf import models
from hps_tf.cli import command, environment
from hps_tf.errors import InputError

PRETRAINED = Path(models.__file__).parent / "pretrained"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    parser = argparse.ArgumentParser("tools.publish_network", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add(
        "--run",
        type=command.path,
        required=True,
        metavar="DIR",
        help="directory of the training run",
    )
    add("--name", required=True, help="the name that hps_tf.models.load will know")
    add(
        "--figures",
        type=command.path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="what tools.evaluate network --json wrote of this run, one a data set",
    )
    add("--note", default="", help="a paragraph for the card, e.g. what it misses")
    add(
        "--output",
        type=command.path,
        default=PRETRAINED,
        metavar="DIR",
        help="(default: the package)",
    )
    args = parser.parse_args(arguments)

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", args.name):
        raise InputError(
            f"--name: expected lower-case words joined by hyphens, received {args.name!r}"
        )
    environment.import_quietly()
    from tools.publication import network

    network.run(args)


if __name__ == "__main__":
    command.run(main, "tools.publish_network")
