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
import functools
import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hps_tf.body import default_body
from hps_tf.cli import command, progress
from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.coco_examples import ExampleMaker
from hps_tf.data.datasets.coco_images import CocoPhotograph, Drops
from hps_tf.data.images import image_dataset, person_crop
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.keypoints.part_masks import DensePoseMasks
from hps_tf.errors import InputError
from hps_tf.io import json_values
from hps_tf.io.process_map import process_map
from tools import crop_options, shares

# Starting a process takes as long as cropping the people of so many photographs.
_PHOTOGRAPHS_PER_PROCESS = 256


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command with the given arguments, by default those of the process."""
    args = _parse(arguments)
    _check(args)
    keypoints = args.keypoints.read_bytes()
    densepose = args.densepose.read_bytes() if args.densepose else None
    settings = _settings(args, keypoints, densepose)
    drops = Drops()
    chosen = _choose(args, keypoints, densepose, drops)
    splits = coco_images.split(chosen, drops, args.test, args.train)
    wanted = [split for split in splits if getattr(args, split) != 0]
    output = args.output
    if args.join is not None:
        parts = shares.finished(output, args.join)
        manifest = image_dataset.join(
            output, parts, list(splits), settings=settings, dropped=drops.counts
        )
        _report(output, manifest, drops, wanted)
        return
    if args.share:
        output, drops = args.share.directory(output), Drops()  # Each counts only its own.
        splits = {name: args.share.of(photographs) for name, photographs in splits.items()}
    maker = ExampleMaker(args.images, args.image_size, args.parts_only, args.skip_bad)
    # Nobody here has a pose; the examples go together with those of the default body.
    num_shape = default_body.read(3000).shapedirs.shape[-1]
    total = sum(map(len, splits.values()))
    with progress.bar(total, "photograph") as shown:
        make = functools.partial(_examples, maker, args.workers, drops, shown)
        manifest = image_dataset.write(
            output,
            {name: make(photographs) for name, photographs in splits.items()},
            image_size=args.image_size,
            num_shape=num_shape,
            body="default",
            settings=settings,
            dropped=drops.counts,
            may_be_empty=args.share is not None,
        )
    _report(output, manifest, drops, [] if args.share else wanted)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools.prepare_coco",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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


def _settings(
    args: argparse.Namespace, keypoints: bytes, densepose: bytes | None
) -> dict[str, Any]:
    """Returns what decides the output beside the photographs, as the manifest keeps it."""
    return {
        "format": "coco",
        "keypoints": hashlib.sha256(keypoints).hexdigest(),
        "densepose": None if densepose is None else hashlib.sha256(densepose).hexdigest(),
        "parts_only": args.parts_only,
        "test": args.test,
        "train": args.train,
        "margin": person_crop.MARGIN,
        "min_keypoints": coco_images.MIN_KEYPOINTS,
        "min_box": coco_images.MIN_BOX,
    }


def _choose(
    args: argparse.Namespace, keypoints: bytes, densepose: bytes | None, drops: Drops
) -> list[CocoPhotograph]:
    masks = None
    if densepose is not None:
        content = json_values.parse(densepose, str(args.densepose))
        masks = DensePoseMasks(content, str(args.densepose), skip_bad=args.skip_bad)
    return coco_images.read(
        json_values.parse(keypoints, str(args.keypoints)),
        str(args.keypoints),
        masks,
        drops,
        parts_only=args.parts_only,
        skip_bad=args.skip_bad,
    )


def _examples(
    maker: ExampleMaker,
    workers: int,
    drops: Drops,
    shown: tqdm,
    photographs: Sequence[CocoPhotograph],
) -> Iterator[ImageExample]:
    """Crops the people of a split, and shows the progress."""
    num_processes = max(1, min(workers, math.ceil(len(photographs) / _PHOTOGRAPHS_PER_PROCESS)))
    for _, outcome in process_map(maker, photographs, num_processes):
        for reason, detail in outcome.dropped:
            drops.add(reason, detail)
        yield from outcome.examples
        shown.update()


def _report(
    output: Path, manifest: image_dataset.Manifest, drops: Drops, wanted: Sequence[str]
) -> None:
    remedy = "--test COUNT and --train COUNT say how many photographs each is to have"
    print(image_dataset.table(manifest, wanted, remedy))
    for reason, detail in drops.first.items():
        print(f"the first with {reason}: {detail}")
    print(f"{output}: written, with {image_dataset.MANIFEST}")


if __name__ == "__main__":
    command.run(main, "tools.prepare_coco")
