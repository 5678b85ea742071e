r"""Measures priors, networks and detectors on held-out data.

    hps evaluate prior --prior cmu-6d-light --data prepared/cmu
    hps evaluate network --run runs/mine --data prepared/images --json figures.json
    hps evaluate lifting --run runs/mine --data prepared/cmu
    hps evaluate detection --data person_keypoints_val2017.json --image_dir val2017
    hps evaluate keypoints --data prepared/images

prints a readable table, and with --json writes the same figures.
"""

import importlib
from collections.abc import Sequence

from hps_tf.cli import command, environment, options
from hps_tf.cli.evaluate import parsers


def main(arguments: Sequence[str] | None = None, program: str = "hps evaluate") -> None:
    """Runs the evaluation named on the command line.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    parser = command.parser(program, __doc__)
    parsers.add(parser.add_subparsers(metavar="WHAT", required=True, dest="what"))
    parsed = parser.parse_args(arguments)
    options.check_files(parsed, [name for name in ("json", "markdown") if name in parsed])
    environment.import_tensorflow()
    importlib.import_module(f"{__name__}.{parsed.what}").evaluate(parsed)
