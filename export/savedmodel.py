"""Writes a trained network or prior as a SavedModel for TensorFlow Serving.

    python -m export.savedmodel --model photo --output served
    python -m export.savedmodel --run runs/quickstart --output served --quick
    python -m export.savedmodel --model cmu-6d-light --output served --version 2

OUTPUT/NAME/VERSION appears whole or not at all, and only after it was loaded again, as TensorFlow
2, as TensorFlow 1 and as TensorFlow Serving load it, and gave the model's own answers;
`export.verify` repeats that check, and --quick does with one loader. A server that watches
OUTPUT/NAME can be running meanwhile. NAME is the model's, or that of the run directory.

A network has all of the signatures below, `predict_photo` if it stands on MoveNet and has a lifting
module; a prior those of priors and of fits to keypoints. A request that does not fit is answered
with INVALID_ARGUMENT and a message.
"""

import argparse
from collections.abc import Sequence

from export import model_source
from hps_tf.cli import command, environment

_SIGNATURES = "\n\n".join(
    command.docstring(f"export.{kind}_signatures") for kind in ("photo", "image", "fit", "prior")
)


def main(argv: Sequence[str] | None = None) -> None:
    """Exports the model named on the command line.

    Args:
      argv: The arguments; those of the process by default.

    Raises:
      InputError: If there is no such model, or it cannot be written there.
    """
    arguments = _parse(argv)
    environment.import_quietly()
    from export import writing

    writing.run(arguments)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="export.savedmodel",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_SIGNATURES,
    )
    model_source.add_arguments(parser)
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="directory of all models"
    )
    parser.add_argument(
        "--version",
        type=command.at_least(1),
        help="number of this version (default: the next free one)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="check fast signatures with one loader; `export.verify` does the rest",
    )
    parser.add_argument(
        "--float16", action="store_true", help="halve the weights' precision; NAME-float16 is so"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    command.run(main, "export.savedmodel")
