"""Renders labelled images: the work of `tools.prepare_synthetic`."""

import argparse
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hps_tf import priors
from hps_tf.cli import progress
from hps_tf.data.images import image_dataset, image_manifest
from hps_tf.data.images.image_example import ImageExample
from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.synthetic import ClipPeople, Generator, People, PriorPeople
from hps_tf.data.synthetic.background import list_photographs


def run(args: argparse.Namespace, num_examples: Mapping[str, int], wanted: Sequence[str]) -> None:
    """Renders what the arguments of `tools.prepare_synthetic` say.

    Args:
      args: The arguments.
      num_examples: Images of each split that has any.
      wanted: The splits that are to have some.

    Raises:
      InputError: If something of the input cannot be used.
    """
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
    remedy = "more images (--num_images) or other shares (--splits) fill them"
    print(image_manifest.table(manifest, wanted, remedy))
    print(f"{args.output}: written, with {image_manifest.MANIFEST}")


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
