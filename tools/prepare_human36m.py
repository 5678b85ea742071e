r"""Prepares Human3.6M for training: crops of people with bodies fitted to their captured joints.

    python -m tools.prepare_human36m --input human36m --metadata metadata.xml --output prepared/h36m

--input is a directory as the official archives unpack, with S1, S5, ... S11 and in each
MyPoseFeatures/D3_Positions/*.cdf (or D3_Positions_mono) and Videos/*.mp4; joints of D2_Positions
are compared with the cameras where they are there. Every fifth frame (10 a second) is kept. S1, S5,
S6, S7 and S8 are the split train, S9 and S11 test. The default body is fitted to 17 joints, one
shape per subject; its parts and COCO keypoints are the labels. Lens distortion is taken out.

The official video of S11, Directions, camera 54138969 is damaged: give --skip_bad.
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
    from tools.preparation import human36m

    human36m.run(args)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser("tools.prepare_human36m", __doc__)
    add = parser.add_argument
    add("--input", type=command.path, required=True, help="directory with S1, S5, ...")
    add("--metadata", type=command.path, required=True, help="metadata.xml of the official code")
    add(
        "--images",
        type=command.path,
        help="directory of images extracted from the videos, read in their place:"
        " S1_Directions_1.54138969_000001.jpg, counted from 1, in it or in directories of the view"
        " (S1_Directions_1.54138969) or of subject and view",
    )
    add("--every", type=int, default=5, metavar="N", help="keep one frame of N (default 5)")
    add(
        "--index_list",
        type=command.path,
        help="CSV of the frames to keep, in place of --every, such as those of Human80K; columns"
        " subject (S1), action (as in file names: 'Directions 1'), camera (54138969) and frame"
        " (from 1)",
    )
    crop_options.add_arguments(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    crop_options.check(args, every=1)
    if args.images and not args.images.is_dir():
        raise InputError(f"{args.images}: expected a directory of images")


if __name__ == "__main__":
    command.run(main, "tools.prepare_human36m")
