"""Prepares COCO: the work of `tools.prepare_coco`."""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hps_tf.cli import progress
from hps_tf.data.datasets import coco_images
from hps_tf.data.datasets.coco import Coco
from hps_tf.data.datasets.preparation import Drops, prepare
from hps_tf.data.images import image_dataset, image_manifest, person_crop
from tools import shares


def run(args: argparse.Namespace) -> None:
    """Prepares what the arguments of `tools.prepare_coco` say.

    Raises:
      InputError: If something of the input cannot be used.
    """
    keypoints = args.keypoints.read_bytes()
    densepose = args.densepose.read_bytes() if args.densepose else None
    settings = _settings(args, keypoints, densepose)
    adapter = Coco(
        args.images,
        (keypoints, str(args.keypoints)),
        None if densepose is None else (densepose, str(args.densepose)),
        args.image_size,
        parts_only=args.parts_only,
        num_test=args.test,
        num_train=args.train,
        skip_bad=args.skip_bad,
    )
    splits = adapter.splits()
    output, wanted = args.output, [split for split in splits if getattr(args, split) != 0]
    if args.join is not None:
        parts = shares.finished(output, args.join)
        manifest = image_dataset.join(
            output, parts, list(splits), settings=settings, dropped=adapter.drops.counts
        )
        _report(output, manifest, adapter.drops, wanted)
        return
    if args.share:
        output, wanted = args.share.directory(output), []
        adapter.drops = Drops()  # Each share counts only its own.
        splits = {name: args.share.of(photographs) for name, photographs in splits.items()}
    with progress.bar(sum(map(len, splits.values())), "photograph") as shown:
        manifest = prepare(
            adapter,
            output,
            settings=settings,
            splits=splits,
            max_processes=args.workers,
            finished=lambda _: shown.update(),
            may_be_empty=args.share is not None,
        )
    _report(output, manifest, adapter.drops, wanted)


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


def _report(
    output: Path, manifest: image_dataset.Manifest, drops: Drops, wanted: Sequence[str]
) -> None:
    remedy = "--test COUNT and --train COUNT say how many photographs each is to have"
    print(image_manifest.table(manifest, wanted, remedy))
    for reason, detail in drops.first.items():
        print(f"the first with {reason}: {detail}")
    print(f"{output}: written, with {image_manifest.MANIFEST}")
