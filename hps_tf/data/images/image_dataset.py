"""Prepared images: a directory of TFRecord shards with an account of what is in them.

A split lies in ``SPLIT-00000-of-0000N.tfrecord``. ``manifest.json`` is
{"version": 1, "kind": "images", "settings": {...}, "image_size": S, "num_shape": B,
 "body": name of the body that poses and shapes are of,
 "splits": {"train": {"examples", "keypoints", "parts", "pose", "markers", "subjects"}},
 "dropped": {reason: count}}
"""

import collections
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf.data.images import image_example, image_records
from hps_tf.data.images.image_example import LABELS, ImageExample
from hps_tf.data.images.image_manifest import MANIFEST, VERSION, Manifest, read_manifest
from hps_tf.errors import InputError
from hps_tf.io import atomic_directory, shard_files
from hps_tf.io.json_file import write as write_json
from hps_tf.io.record_file import RecordFile
from hps_tf.io.shard_writer import ShardWriter

_EXAMPLES_PER_SHARD = 5_000


def write(
    directory: str | os.PathLike[str],
    splits: Mapping[str, Iterable[ImageExample]],
    *,
    image_size: int,
    num_shape: int,
    body: str,
    settings: Mapping[str, Any],
    dropped: Mapping[str, int],
    may_be_empty: bool = False,
) -> Manifest:
    """Writes a dataset; the directory appears whole or not at all.

    Args:
      directory: Where to; what is there already is replaced.
      splits: The examples of each split; may be generators, which are read once, in order.
      image_size: S of all images.
      num_shape: The number of shape components.
      body: Name of the body model that poses and shapes are of.
      settings: How the dataset was made, for the manifest.
      dropped: Counts of what was left out, by reason. Read after the last example, so that a
        generator may count as it goes.
      may_be_empty: Whether no example at all is fine.

    Returns:
      The manifest.

    Raises:
      InputError: If an example fails `image_example.check`, a name occurs twice in a split, or
        there is no example at all.
    """
    with atomic_directory.replacing(directory) as scratch:
        sums = {
            split: _write_split(scratch, split, examples, image_size, num_shape)
            for split, examples in splits.items()
        }
        if not may_be_empty:
            _check_not_empty(sums, dropped)
        manifest = {
            "version": VERSION,
            "kind": "images",
            "settings": dict(settings),
            "image_size": image_size,
            "num_shape": num_shape,
            "body": body,
            "splits": {split: counted for split, counted in sums.items() if counted["examples"]},
            "dropped": dict(sorted(dropped.items())),
        }
        _write_manifest(scratch, manifest)
    return manifest


def join(
    directory: str | os.PathLike[str],
    parts: Sequence[Path],
    splits: Sequence[str],
    *,
    settings: Mapping[str, Any],
    dropped: Mapping[str, int],
) -> Manifest:
    """Writes the dataset of several, one after the other; what `write` would have made of all.

    Args:
      directory: Where to; what is there already is replaced.
      parts: Directories that `write` made.
      splits: The splits, in their order.
      settings: How all of them were made.
      dropped: Counts of what was left out before it came to the parts; theirs are added.

    Returns:
      The manifest.

    Raises:
      InputError: If a part is damaged or was made otherwise, or there is no example at all.
    """
    manifests = [read_manifest(part) for part in parts]
    first = {**manifests[0], "settings": dict(settings)}
    for part, manifest in zip(parts, manifests, strict=True):
        for name in ("settings", "image_size", "num_shape", "body"):
            if manifest[name] != first[name]:
                raise InputError(
                    f"{part}: expected {name} {first[name]!r}, received {manifest[name]!r}"
                )
    counts = collections.Counter(dropped)
    for manifest in manifests:
        counts.update(manifest["dropped"])
    with atomic_directory.replacing(directory) as scratch:
        sums = {}
        for split in splits:
            holding = [
                part
                for part, manifest in zip(parts, manifests, strict=True)
                if split in manifest["splits"]
            ]
            with ShardWriter(scratch, split, _EXAMPLES_PER_SHARD) as writer:
                for part in holding:
                    for file in ImageDataset(part, split).files:
                        for number in range(len(file)):
                            writer.write(file.read(number))
            counted = [manifest["splits"].get(split, {}) for manifest in manifests]
            sums[split] = {
                **{
                    name: sum(each.get(name, 0) for each in counted)
                    for name in ("examples", *LABELS)
                },
                "subjects": sorted({name for each in counted for name in each.get("subjects", ())}),
            }
        _check_not_empty(sums, counts)
        manifest = {
            **first,
            "splits": {split: counted for split, counted in sums.items() if counted["examples"]},
            "dropped": dict(sorted(counts.items())),
        }
        _write_manifest(scratch, manifest)
    return manifest


def _check_not_empty(sums: Mapping[str, Mapping[str, Any]], dropped: Mapping[str, int]) -> None:
    if not any(counted["examples"] for counted in sums.values()):
        reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise InputError(f"expected at least one example, received none; {reasons or 'no data'}")


def _write_manifest(directory: Path, manifest: Manifest) -> None:
    write_json(directory / MANIFEST, manifest, indent=1)


def _write_split(
    directory: Path,
    split: str,
    examples: Iterable[ImageExample],
    image_size: int,
    num_shape: int,
) -> dict[str, Any]:
    counts: collections.Counter[str] = collections.Counter()
    names: set[str] = set()
    subjects: set[str] = set()
    with ShardWriter(directory, split, _EXAMPLES_PER_SHARD) as writer:
        for example in examples:
            image_example.check(example, image_size, num_shape)
            if example.name in names:
                raise InputError(f"duplicate example name {example.name!r}")
            names.add(example.name)
            subjects.add(example.subject)
            counts.update(example.labels)
            writer.write(image_records.encode(example))
    return {
        "examples": len(names),
        **{label: counts[label] for label in LABELS},
        "subjects": sorted(subjects),
    }


class ImageDataset:
    """One split of a directory that `write` made, its examples by their number.

    Args:
      directory: The directory.
      split: The split.

    Raises:
      InputError: If the directory, the manifest, the split or a shard is missing or damaged.

    Attributes:
      directory: The directory.
      manifest: Its manifest.
      image_size: S.
      num_shape: The number of shape components.
      body: Name of the body that poses and shapes are of.
      subjects: Who is in it; one empty name where that is not known.
      files: Its shards.
    """

    def __init__(self, directory: str | os.PathLike[str], split: str):
        self.directory = Path(directory)
        self.manifest = read_manifest(self.directory)
        self.image_size: int = self.manifest["image_size"]
        self.num_shape: int = self.manifest["num_shape"]
        self.body: str = self.manifest["body"]
        if split not in self.manifest["splits"]:
            raise InputError(
                f"{self.directory}: expected the split {split!r}, received"
                f" {', '.join(self.manifest['splits'])}"
            )
        self.subjects: list[str] = self.manifest["splits"][split]["subjects"]
        self.files = [RecordFile(path) for path in shard_files.of_split(self.directory, split)]
        self._ends = np.cumsum([len(file) for file in self.files])
        expected = self.manifest["splits"][split]["examples"]
        if len(self) != expected:
            raise InputError(
                f"{self.directory}: expected {expected} examples of {split}, received {len(self)}"
            )

    def __len__(self) -> int:
        return int(self._ends[-1])

    def records(self, numbers: np.ndarray) -> np.ndarray:
        """Reads the serialized entries `(B,)` of the given numbers.

        Raises:
          InputError: If one is damaged; names the shard, the entry and its offset.
        """
        entries = np.empty(len(numbers), object)
        shards = np.searchsorted(self._ends, numbers, side="right")
        for place, (number, shard) in enumerate(zip(numbers, shards, strict=True)):
            first = self._ends[shard] - len(self.files[shard])
            entries[place] = self.files[shard].read(int(number - first))
        return entries
