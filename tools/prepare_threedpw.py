r"""Prepares 3DPW for training and evaluation: crops of people with bodies and detected keypoints.

    python -m tools.prepare_threedpw --input 3DPW --output prepared/3dpw

--input is the directory as the official archives unpack, with sequenceFiles/{train,validation,test}
and imageFiles. Frames whose camera was not aligned (campose_valid 0) are left out and counted.
By default the embedded body is fitted to SMPL's joints, from SMPL's pose, one shape per person: the
labels are then of the body that the other data sets are of. With --body they are SMPL's own
parameters, moved into the camera exactly, and all labels are of SMPL: for other programs, and for
networks of SMPL's body (`--config.network.body=SMPL_FILE`). Such a network has one body, while the
labels are of the models of men and women.
"""

import argparse
from collections.abc import Sequence

from hps_tf.cli import command, environment
from hps_tf.errors import InputError
from tools import crop_options


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    environment.import_quietly()
    from tools.preparation import threedpw

    threedpw.run(args)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser("tools.prepare_threedpw", __doc__)
    add = parser.add_argument
    add(
        "--input",
        type=command.path,
        required=True,
        help="directory with sequenceFiles and imageFiles",
    )
    add(
        "--body",
        type=command.name_or_path,
        metavar="SMPL_FILE",
        help="SMPL's model files, with {gender} where they have m or f, such as"
        " 'smpl/basicmodel_{gender}_lbs_10_207_0_v1.1.0.pkl', or {GENDER} for MALE or FEMALE",
    )
    crop_options.add_arguments(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    crop_options.check(args)
    if args.body and not any(place in args.body for place in ("{gender}", "{GENDER}")):
        raise InputError(f"--body: expected a path with {{gender}}, received {args.body}")
    if not (args.input / "imageFiles").is_dir():
        raise InputError(f"{args.input}: expected a directory imageFiles, received none")


if __name__ == "__main__":
    command.run(main, "tools.prepare_threedpw")
