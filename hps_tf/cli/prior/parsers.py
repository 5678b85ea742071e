"""The parsers of `hps prior`, without the modules that compute."""

import argparse
from typing import Any

from hps_tf.body.limbs import LIMBS
from hps_tf.cli import command, options

_DENOISE = """Finds the likeliest poses for joints with noise.

The noise is normal with one standard deviation along x, y and z; the likeliest pose weighs the
joints against the prior by it (hps_tf.fitting.joint_recovery). Joints that are NaN are found too.
"""

_COMPLETE = """Finds joints that are hidden: those of --hidden, and those that are NaN.

The output's `poses` are the likeliest. With --hypotheses K there are also `hypothesis_poses`
(N, K, 72), `hypothesis_trans` (N, K, 3) and `hypothesis_joints` (N, K, 24, 3): in the prior's
latent space random draws given the joints that are seen; under a prior without one, minima that
its samples lead to.
"""

_IK = """Finds the likeliest poses for the places of hands, feet and head.

These are joints l_hand, r_hand, l_foot, r_foot and head; the others are not looked at, and may be
NaN. At least three of the five must be known.
"""


def add(subparsers: Any) -> None:
    """Adds a parser per task; its name is that of the function of `hps_tf.cli.prior.tasks`."""
    _add(subparsers, "denoise", "remove noise from joints", _DENOISE, noise=0.04)
    complete = _add(subparsers, "complete", "find hidden joints", _COMPLETE, noise=0.005)
    complete.add_argument(
        "--hidden",
        nargs="+",
        choices=tuple(LIMBS),
        default=(),
        metavar="LIMB",
        help=f"limbs that are not looked at: {', '.join(LIMBS)}",
    )
    complete.add_argument(
        "--hypotheses",
        type=command.at_least(0),
        default=0,
        metavar="K",
        help="poses to draw for each (default %(default)s)",
    )
    complete.add_argument(
        "--seed", type=command.at_least(0), default=0, help="of the draws (default %(default)s)"
    )
    text = "find poses for the places of hands, feet and head"
    _add(subparsers, "ik", text, _IK, noise=0.005)


def _add(
    subparsers: Any, name: str, text: str, description: str, noise: float
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        name,
        help=text,
        description=description,
        parents=(options.prior(default=options.DEFAULT_PRIOR),),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "input", type=command.path, metavar="INPUT", help=".npz file, see `hps prior --help`"
    )
    parser.add_argument(
        "--noise",
        type=_metres,
        default=noise,
        metavar="METRES",
        help="standard deviation of the joints' noise along x, y and z (default %(default)s)",
    )
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="FILE", help=".npz file to write"
    )
    return parser


def _metres(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number of metres, received {text}")
    return value
