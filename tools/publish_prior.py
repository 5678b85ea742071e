"""Makes a trained prior one of those that come with the package, with its model card.

The card is written from what training and `tools.evaluate` recorded; nothing is measured here.
Without --run the prior is one that is published already: its card then learns of more seeds and
sigmas, and its weights stay as they are.
"""

import argparse
from pathlib import Path

from hps_tf import priors
from hps_tf.cli import command, environment

PRETRAINED = Path(priors.__file__).parent / "pretrained"


def main() -> None:
    """Runs the program."""
    parser = argparse.ArgumentParser("tools.publish_prior", description=__doc__.splitlines()[0])
    parser.add_argument("--name", required=True, help="the name that hps_tf.priors.load will know")
    parser.add_argument(
        "--run",
        type=command.path,
        metavar="DIR",
        help="directory of the training run; leave it out to rewrite the rows over seeds of a "
        "published card, for the sigmas of the figures",
    )
    parser.add_argument(
        "--figures",
        type=command.path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="what tools.evaluate prior --json wrote: of this run, then of the same with other "
        "seeds and sigmas, the first seed of each sigma first; of a baseline what tools.evaluate "
        "energy --json wrote, of this run alone",
    )
    parser.add_argument("--note", default="", help="a paragraph for the card, e.g. what it misses")
    parser.add_argument("--output", type=command.path, default=PRETRAINED, metavar="DIR")
    arguments = parser.parse_args()

    environment.import_quietly()
    from tools.publication import prior

    prior.run(arguments)


if __name__ == "__main__":
    command.run(main, "tools.publish_prior")
