r"""Renders images of people with exact labels, for training without any data.

    python -m tools.prepare_synthetic --output data/synthetic --num_images 2000 --image_size 128
    python -m tools.prepare_synthetic --output data/walks --num_images 4800 --data data/mocap \
        --splits train=0.8,val=0.1,test=0.1 --sequences 16

Poses come from a pretrained prior, or with --data from prepared motion capture, whose splits are
kept: train pictures show train subjects. The output holds SPLIT-00000-of-0000N.tfrecord and
manifest.json. The same seed gives the same pictures, with any number of workers.
"""

import argparse
import itertools
from collections.abc import Mapping, Sequence

from hps_tf.body import default_body
from hps_tf.cli import command, environment
from hps_tf.data.mocap import clip_splits
from hps_tf.data.synthetic import (
    STYLES,
)
from hps_tf.errors import InputError
from tools import worker_option

_SPLITS = "train=0.9,val=0.05,test=0.05"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    shares = clip_splits.parse_shares(args.splits, "--splits")
    num_examples = _num_examples(args, shares)
    wanted = [split for split, share in shares.items() if share]
    environment.import_quietly()
    from tools.preparation import synthetic

    synthetic.run(args, num_examples, wanted)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser("tools.prepare_synthetic", __doc__)
    add = parser.add_argument
    add(
        "--output",
        type=command.path,
        required=True,
        help="directory to write; what it holds is replaced",
    )
    add("--num_images", type=int, required=True, help="how many, of all splits together")
    add("--splits", default=_SPLITS, help="shares of the images (default %(default)s)")
    add("--image_size", type=int, default=128, help="pixels per side (default %(default)s)")
    add("--seed", type=int, default=0, help="(default %(default)s)")
    add(
        "--style",
        choices=sorted(STYLES),
        default="a",
        help="image domain: how pictures look and are taken (default %(default)s)",
    )
    add(
        "--prior",
        type=command.name_or_path,
        default="cmu-6d-light",
        help="whose samples are the poses (default %(default)s)",
    )
    add(
        "--data",
        type=lambda text: [command.path(part) for part in text.split(",")],
        metavar="DIR[,DIR]",
        help="motion from tools.prepare_mocap, in place of --prior",
    )
    add(
        "--sequences",
        type=int,
        metavar="LENGTH",
        help="videos of LENGTH consecutive frames instead of single images; needs --data",
    )
    add("--labels", choices=("all", "2d"), default="all", help="2d: keypoints and parts alone")
    add("--backgrounds", type=command.path, metavar="DIR", help="photographs to put people before")
    add(
        "--body",
        type=int,
        choices=default_body.LEVELS,
        help="vertices (default 3000 up to 128 pixels, 6890 above)",
    )
    worker_option.add(parser)
    return parser.parse_args(arguments)


def _check(args: argparse.Namespace) -> None:
    least = {"num_images": 1, "image_size": 16, "seed": 0, "workers": 1, "sequences": 2}
    for name, bound in least.items():
        value = getattr(args, name)
        if value is not None and value < bound:
            raise InputError(f"--{name}: expected at least {bound}, received {value}")
    if args.image_size > 1024:
        raise InputError(f"--image_size: expected at most 1024, received {args.image_size}")
    if args.sequences and not args.data:
        raise InputError("--sequences: expected --data with it, received none")
    if args.output.exists() and not args.output.is_dir():
        raise InputError(f"{args.output}: expected a directory to write, received a file")


def _num_examples(args: argparse.Namespace, shares: Mapping[str, float]) -> dict[str, int]:
    """The number of images of each split: of whole videos, if it is videos."""
    unit = args.sequences or 1
    total = args.num_images // unit
    # Cumulated shares are rounded, so that the counts add up.
    ends, cumulated = [0], 0.0
    for share in shares.values():
        cumulated += share
        ends.append(round(total * cumulated / sum(shares.values())))
    counts = [unit * (end - start) for start, end in itertools.pairwise(ends)]
    num_examples = {split: count for split, count in zip(shares, counts, strict=True) if count}
    if not num_examples:
        raise InputError(
            f"--num_images: expected at least one video of {unit} frames, received"
            f" {args.num_images} images"
        )
    return num_examples


if __name__ == "__main__":
    command.run(main, "tools.prepare_synthetic")
