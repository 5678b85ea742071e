r"""Renders images of people with exact labels, for training without any data.

    python -m tools.prepare_synthetic --output data/synthetic --num_images 2000 --image_size 128
    python -m tools.prepare_synthetic --output data/walks --num_images 4800 --data data/mocap \
        --splits train=0.8,val=0.1,test=0.1 --sequences 16

Poses come from a pretrained prior, or with --data from prepared motion capture, whose splits are
kept: train pictures show train subjects. The output holds SPLIT-00000-of-0000N.tfrecord and
manifest.json. The same seed gives the same pictures, with any number of workers.
"""

import argparse
import dataclasses
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hps_tf import priors
from hps_tf.body import default_body
from hps_tf.cli import command, progress
from hps_tf.data.images import image_dataset, image_manifest
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.clip_splits import check_split_name
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.synthetic import (
    STYLES,
    ClipPeople,
    Generator,
    People,
    PriorPeople,
)
from hps_tf.data.synthetic.background import list_photographs
from hps_tf.errors import InputError

_SPLITS = "train=0.9,val=0.05,test=0.05"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    num_examples = _num_examples(args)
    people = _people(args, list(num_examples))
    generator = _generator(args)
    with progress.bar(sum(num_examples.values()), "image") as shown:
        splits = {
            split: _shown(
                generator.examples(
                    people,
                    split,
                    count,
                    num_frames=args.sequences or 1,
                    max_processes=args.workers,
                ),
                shown,
            )
            for split, count in num_examples.items()
        }
        manifest = image_dataset.write(
            args.output,
            splits,
            image_size=args.image_size,
            num_shape=generator.num_shape,
            body="default",
            settings=_settings(args),
            dropped={},
        )
    wanted = [split for split, share in _shares(args.splits).items() if share]
    remedy = "more images (--num_images) or other shares (--splits) fill them"
    print(image_manifest.table(manifest, wanted, remedy))
    print(f"{args.output}: written, with {image_manifest.MANIFEST}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.prepare_synthetic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
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


def _num_examples(args: argparse.Namespace) -> dict[str, int]:
    """The number of images of each split: of whole videos, if it is videos."""
    shares = _shares(args.splits)
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


def _shares(text: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for part in text.split(","):
        split, _, share = part.partition("=")
        try:
            number = float(share)
        except ValueError:
            number = math.nan
        if not (number >= 0 and math.isfinite(number)) or not split or split in shares:
            raise InputError(f"--splits: expected {_SPLITS} or the like, received {text!r}")
        check_split_name(split, "--splits")
        shares[split] = number
    if not sum(shares.values()) > 0:
        raise InputError(f"--splits: expected a share above 0, received {text!r}")
    return shares


def _people(args: argparse.Namespace, splits: list[str]) -> People:
    if not args.data:
        return PriorPeople(priors.load(args.prior, "samples"))
    clips = {split: _clips(args.data, split) for split in splits}
    return ClipPeople(clips, args.sequences or 1)


def _clips(directories: Sequence[Path], split: str) -> list[MotionClip]:
    """Reads a split from those directories that have it; one must.

    Subjects of different directories are different people.
    """
    with_split = [
        path
        for path in directories
        if not path.is_dir() or split in motion_records.list_splits(path)
    ]
    clips = []
    for path in with_split or directories[:1]:
        prefix = f"{path.resolve().name}/" if len(directories) > 1 else ""
        clips += [
            dataclasses.replace(clip, subject=prefix + clip.subject)
            for clip in motion_records.read_clips(path, split)
        ]
    return clips


def _generator(args: argparse.Namespace) -> Generator:
    return Generator(
        image_size=args.image_size,
        seed=args.seed,
        style=args.style,
        num_vertices=_body(args),
        backgrounds=args.backgrounds,
        photograph_names=tuple(list_photographs(args.backgrounds)) if args.backgrounds else (),
        is_weak=args.labels == "2d",
    )


def _shown(examples: Iterator[ImageExample], bar: tqdm) -> Iterator[ImageExample]:
    for example in examples:
        yield example
        bar.update()


def _body(args: argparse.Namespace) -> int:
    return args.body or (3000 if args.image_size <= 128 else 6890)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Returns what decides the output, as the manifest keeps it."""
    return {
        "source": "synthetic",
        "style": args.style,
        "seed": args.seed,
        "poses": [str(path) for path in args.data] if args.data else args.prior,
        "sequences": args.sequences,
        "labels": args.labels,
        "splits": args.splits,
        "num_images": args.num_images,
        "backgrounds": str(args.backgrounds) if args.backgrounds else None,
        "num_vertices": _body(args),
    }


if __name__ == "__main__":
    command.run(main, "tools.prepare_synthetic")
