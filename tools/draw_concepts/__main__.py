"""Draws the figures of docs/concepts.md with the library's own functions and bundled models.

    python -m tools.draw_concepts --output docs/images

`flow.png` is a grid of latents decoded by the prior, `alignment.png` the two terms of the alignment
loss with their gradients, `lifting.png` a lifted body and the fit about it, with their standard
deviations. A minute on one core.
"""

import argparse

from hps_tf.cli import command


def main() -> None:
    """Runs the program."""
    parser = command.parser("tools.draw_concepts", __doc__)
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory for the PNGs"
    )
    _draw(parser.parse_args())


def _draw(arguments: argparse.Namespace) -> None:
    from hps_tf.visualization import png
    from tools.draw_concepts import alignment, flow, lifting

    arguments.output.mkdir(parents=True, exist_ok=True)
    for figure in (flow, alignment, lifting):
        path = arguments.output / f"{figure.__name__.rpartition('.')[2]}.png"
        png.write(path, figure.draw())
        print(f"wrote {path}")


if __name__ == "__main__":
    command.run(main, "tools.draw_concepts")
