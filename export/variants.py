"""Accuracy of the smaller forms of a network, on prepared images that it was not trained on.

    python -m export.variants --run runs/quickstart --data data/synthetic --json variants.json

Of each form: the size of its weights or file, MPJPE of the 24 joints against the labels, the mean
and the greatest distance of a joint from where the float32 network has it (mm, pelvis fixed), and
milliseconds an image on this machine.
"""

import argparse

from hps_tf.cli import command, environment, options


def main() -> None:
    """Measures the variants of the network named on the command line."""
    arguments = _parse()
    environment.import_quietly()
    from export import variant_figures

    variant_figures.run(arguments)


def _parse() -> argparse.Namespace:
    parser = command.parser(
        "export.variants",
        __doc__,
        [options.network("--model"), options.images(split="test"), options.json()],
    )
    parser.add_argument(
        "--max_images",
        type=command.at_least(1),
        default=1000,
        metavar="N",
        help="(default %(default)s)",
    )
    arguments = parser.parse_args()
    options.check_files(arguments)
    return arguments


if __name__ == "__main__":
    command.run(main, "export.variants")
