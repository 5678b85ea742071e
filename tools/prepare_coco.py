r"""Prepares COCO for training: crops around people, with keypoints and DensePose's part masks.

    python -m tools.prepare_coco --images coco/train2014 \
        --keypoints coco/annotations/person_keypoints_train2014.json \
        --densepose coco/annotations/densepose_coco_2014_train.json --output prepared/coco

Keeps people with at least 6 labelled keypoints and a box of at least 32 pixels. Whoever DensePose
masked gets part labels too. Splits are of photographs, so that people seen together stay together,
and depend on nothing but COCO's image ids: photographs are put in the order of the SHA-256 of their
id, the first are for testing, the next for training. By default a fifteenth is for testing. The
paper's 1,000 and 14,000 images with both labels are --parts_only --test 1000 --train 14000; which
it took it does not say.

Several machines share the work: the same command with --share 0/4 to --share 3/4, in any order
or at once, then with --join 4. The result does not differ from that of one machine.

The focal length is taken to be the photograph's diagonal, and the principal point its middle. The
output holds SPLIT-00000-of-0000N.tfrecord and manifest.json, which counts who was left out and why.
"""

import argparse
from collections.abc import Sequence

from hps_tf.cli import command, environment
from hps_tf.errors import InputError
from tools import crop_options, shares


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    environment.import_quietly()
    from tools.preparation import coco

    coco.run(args)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser("tools.prepare_coco", __doc__)
    add = parser.add_argument
    add("--images", type=command.path, required=True, help="directory of COCO's photographs")
    add(
        "--keypoints",
        type=command.path,
        required=True,
        help="person_keypoints_*.json of 2014 or 2017",
    )
    add(
        "--densepose",
        type=command.path,
        help="densepose_coco_2014_*.json with dp_masks of those people",
    )
    add("--parts_only", action="store_true", help="leave out people without part labels")
    add(
        "--test",
        type=int,
        metavar="COUNT",
        help="photographs to test with (default: those whose id hashes to below 1/15 of the range)",
    )
    add(
        "--train",
        type=int,
        metavar="COUNT",
        help="photographs to train with (default: all the others)",
    )
    crop_options.add_arguments(parser, bad="annotations and photographs")
    shares.add_arguments(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    crop_options.check(args, test=0, train=0)
    if args.parts_only and args.densepose is None:
        raise InputError("--parts_only: expected --densepose with it, received none")
    if not args.images.is_dir():
        raise InputError(f"{args.images}: expected a directory of photographs")


if __name__ == "__main__":
    command.run(main, "tools.prepare_coco")
