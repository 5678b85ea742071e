r"""Recovers poses from 3D joints that are noisy, hidden or few, under a pose prior.

    hps prior denoise noisy.npz --noise 0.04 --output clean.npz
    hps prior complete seen.npz --hidden left_arm right_leg --hypotheses 5 --output whole.npz
    hps prior ik ends.npz --prior cmu-6d-realnvp --output poses.npz

INPUT is an .npz file with the field

    joints     (N, 24, 3) metres, the joints of SMPL's order; NaN where unknown

or, as `hps convert` and AMASS write it, with

    poses      (N, 3 J) axis-angle, radians, of which the first 22 joints are those of SMPL
    trans      (N, 3) metres; zero if it is missing

and with either

    betas      (S,) the shape, of the embedded body; the mean shape if it is missing

The output has `poses` (N, 72), `trans` (N, 3), `betas`, `joints` (N, 24, 3) and the input's
`mocap_framerate`, in the input's frame. --help of a task says more.
"""

import importlib
from collections.abc import Sequence

from hps_tf.cli import command, environment, options
from hps_tf.cli.prior import parsers


def main(arguments: Sequence[str] | None = None, program: str = "hps prior") -> None:
    """Runs the task named on the command line.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    parser = command.parser(program, __doc__)
    parsers.add(parser.add_subparsers(metavar="TASK", required=True, dest="task"))
    parsed = parser.parse_args(arguments)
    options.check_files(parsed, ["output"])
    environment.import_tensorflow()
    tasks = importlib.import_module("hps_tf.cli.prior.tasks")
    getattr(tasks, parsed.task)(parsed)
