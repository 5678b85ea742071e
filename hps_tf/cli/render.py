"""Draws pictures of pose priors, bodies, labelled images and what a network finds in them.

    hps render prior --prior cmu-6d-light --data DATA --output pictures
    hps render gallery --output docs/images/people.png
    hps render synthetic --style b --output synthetic.png
    hps render dataset --data DATA --split train --output check.png
    hps render network --network NAME --data DATA --split test --output found.png

`prior` writes contact sheets: random samples; interpolations in latent space between pairs of poses
(Zanfir et al. 2020, Fig. 1); and, given motion data, the training poses nearest to samples. Beside
them `cells.json` says what each cell is. `gallery` prints the README's picture anew. `synthetic`
shows what tools.prepare_synthetic makes, `dataset` what any tools.prepare_* made of images: each
image beside its part map, its keypoints and the outline of the labelled body. `network` puts what a
network finds in such images beside that.
"""

import argparse
import importlib
from collections.abc import Sequence

from hps_tf.cli import command, environment, options

_STYLES = ("a", "b")
"""The names in `hps_tf.data.synthetic.STYLES`, which imports TensorFlow."""


def main(arguments: Sequence[str] | None = None, program: str = "hps render") -> None:
    """Draws the pictures that the command line names.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    parsed = _parser(program).parse_args(arguments)
    environment.import_tensorflow()
    getattr(importlib.import_module("hps_tf.cli.pictures"), parsed.what)(parsed)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = command.parser(program, __doc__)
    commands = parser.add_subparsers(required=True, metavar="WHAT", dest="what")

    def add(name: str, text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, parents=parents)

    motion = options.motion(required=False)
    prior = add("prior", "contact sheets of a pose prior", options.prior(), motion)
    prior.add_argument(
        "--split",
        default="test",
        help="split of --data to interpolate in (%(default)s); neighbours are sought in 'train'",
    )
    prior.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory for the sheets"
    )
    prior.add_argument(
        "--samples",
        type=command.at_least(1),
        default=100,
        metavar="N",
        help="samples (%(default)s)",
    )
    prior.add_argument(
        "--columns",
        type=command.at_least(2),
        default=10,
        metavar="N",
        help="pictures in a row; also steps of an interpolation (%(default)s)",
    )
    _add_look(prior, body=3000)

    optional = options.prior(default=options.DEFAULT_PRIOR)
    people = add("gallery", "the README's picture of people and their parts", optional)
    people.add_argument(
        "--output", type=command.path, required=True, metavar="FILE", help="the PNG file to write"
    )
    people.add_argument(
        "--people", type=command.at_least(1), default=7, metavar="N", help="people (%(default)s)"
    )
    _add_look(people, body=6890)

    synthetic = add("synthetic", "synthetic images with their labels", optional)
    _add_sheet(synthetic)
    synthetic.add_argument(
        "--style", choices=_STYLES, default="a", help="image domain (%(default)s)"
    )
    synthetic.add_argument(
        "--image_size",
        type=command.at_least(16),
        default=224,
        metavar="S",
        help="pixels (%(default)s)",
    )
    _add_look(synthetic, body=6890)

    dataset = add("dataset", "prepared images with their labels", options.images(split="train"))
    _add_sheet(dataset)
    _add_body(dataset, body=6890)

    text = "what a network finds in prepared images"
    network = add("network", text, options.network(), options.images(split="test"))
    _add_images(network, count=6)
    _add_body(network, body=3000)
    return parser


def _add_images(parser: argparse.ArgumentParser, count: int) -> None:
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="FILE", help="the PNG file to write"
    )
    parser.add_argument(
        "--images", type=command.at_least(1), default=count, metavar="N", help="(%(default)s)"
    )


def _add_sheet(parser: argparse.ArgumentParser) -> None:
    _add_images(parser, count=16)
    parser.add_argument(
        "--columns", type=command.at_least(1), default=4, metavar="N", help="in a row (%(default)s)"
    )


def _add_look(parser: argparse.ArgumentParser, body: int) -> None:
    parser.add_argument("--seed", type=command.at_least(0), default=0, help="(%(default)s)")
    _add_body(parser, body)


def _add_body(parser: argparse.ArgumentParser, body: int) -> None:
    parser.add_argument(
        "--body",
        type=int,
        choices=(3000, 6890),
        default=body,
        help="vertices of the body (%(default)s)",
    )
