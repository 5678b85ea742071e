"""Prepared images: a directory of TFRecord shards with an account of what is in them.

A split lies in ``SPLIT-00000-of-0000N.tfrecord``. ``manifest.json`` is
{"version": 1, "kind": "images", "settings": {...}, "image_size": S, "num_shape": B,
 "body": name of the body that poses and shapes are of,
 "splits": {"train": {"examples", "keypoints", "parts", "pose", "markers", "subjects"}},
 "dropped": {reason: count}}
"""

import collections
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf import atomic_directory
from hps_tf.data import image_example, image_records
from hps_tf.data.image_example import LABELS, ImageExample
from hps_tf.data.record_file import RecordFile
from hps_tf.errors import InputError

MANIFEST = "manifest.json"
_VERSION = 1
_EXAMPLES_PER_SHARD = 5_000
_SHARD = re.compile(r"(?P<split>.+)-(?P<index>\d{5})-of-(?P<count>\d{5})\.tfrecord")

_TYPES = {int: "a whole number", str: "a text", dict: "an object", list: "a list of texts"}

Manifest = dict[str, Any]


def write(
    directory: str | os.PathLike[str],
    splits: Mapping[str, Iterable[ImageExample]],
    *,
    image_size: int,
    num_shape: int,
    body: str,
    settings: Mapping[str, Any],
    dropped: Mapping[str, int],
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
        sums = {split: counted for split, counted in sums.items() if counted["examples"]}
        if not sums:
            reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
            raise InputError(
                f"expected at least one example, received none; {reasons or 'no data'}"
            )
        manifest = {
            "version": _VERSION,
            "kind": "images",
            "settings": dict(settings),
            "image_size": image_size,
            "num_shape": num_shape,
            "body": body,
            "splits": sums,
            "dropped": dict(dropped),
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (scratch / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


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
    paths: list[Path] = []
    writer = None
    try:
        try:
            for example in examples:
                image_example.check(example, image_size, num_shape)
                if example.name in names:
                    raise InputError(
                        f"example {example.name!r}: expected one of that name, received 2"
                    )
                if writer is None or len(names) % _EXAMPLES_PER_SHARD == 0:
                    if writer is not None:
                        writer.close()
                    paths.append(directory / f"{split}-{len(paths):05d}")
                    writer = tf.io.TFRecordWriter(str(paths[-1]))
                names.add(example.name)
                subjects.add(example.subject)
                counts.update(example.labels)
                writer.write(image_records.encode(example))
        finally:
            if writer is not None:
                writer.close()
    except tf.errors.OpError as error:
        raise OSError(f"{directory}: {error.message}") from None
    for path in paths:
        path.rename(f"{path}-of-{len(paths):05d}.tfrecord")
    return {
        "examples": len(names),
        **{label: counts[label] for label in LABELS},
        "subjects": sorted(subjects),
    }


def table(manifest: Manifest) -> str:
    """Returns the sums as text for people."""
    columns = ("examples", *LABELS)
    lines = ["split     " + "".join(f"{column:>11}" for column in columns)]
    for split, sums in manifest["splits"].items():
        lines.append(f"{split:<10}" + "".join(f"{sums[column]:>11}" for column in columns))
    lines += [f"dropped {count}: {reason}" for reason, count in manifest["dropped"].items()]
    return "\n".join(lines)


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
      subjects: Who is in it; one empty name where that is not known.
    """

    def __init__(self, directory: str | os.PathLike[str], split: str):
        self.directory = Path(directory)
        self.manifest = read_manifest(self.directory)
        self.image_size: int = self.manifest["image_size"]
        self.num_shape: int = self.manifest["num_shape"]
        if split not in self.manifest["splits"]:
            raise InputError(
                f"{self.directory}: expected the split {split!r}, received"
                f" {', '.join(self.manifest['splits'])}"
            )
        self.subjects: list[str] = self.manifest["splits"][split]["subjects"]
        self._files = [RecordFile(path) for path in _shards(self.directory, split)]
        self._ends = np.cumsum([len(file) for file in self._files])
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
            first = self._ends[shard] - len(self._files[shard])
            entries[place] = self._files[shard].read(int(number - first))
        return entries


def read_manifest(directory: Path) -> Manifest:
    """Reads the manifest of prepared images.

    Raises:
      InputError: If it is missing, damaged or of something else.
    """
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"{directory}: expected prepared images with a {MANIFEST}, received none"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, received: {error}") from None
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    version = manifest.get("version") if isinstance(manifest, dict) else None
    if kind != "images" or version != _VERSION:
        raise InputError(
            f"{path}: expected kind 'images' of version {_VERSION}, received kind {kind!r} of"
            f" version {version!r}"
        )
    for field, type_ in {"image_size": int, "num_shape": int, "body": str, "splits": dict}.items():
        _check_type(path, field, manifest.get(field), type_)
    for split, sums in manifest["splits"].items():
        field = f"splits.{split}"
        _check_type(path, field, sums, dict)
        _check_type(path, f"{field}.examples", sums.get("examples"), int)
        _check_type(path, f"{field}.subjects", sums.get("subjects"), list)
        for subject in sums["subjects"]:
            _check_type(path, f"{field}.subjects", subject, str)
    return manifest


def _check_type(path: Path, field: str, value: Any, type_: type) -> None:
    # JSON's true is no number.
    if not isinstance(value, type_) or isinstance(value, bool):
        raise InputError(f"{path}, field {field!r}: expected {_TYPES[type_]}, received {value!r}")


def _shards(directory: Path, split: str) -> list[Path]:
    matches = [_SHARD.fullmatch(path.name) for path in sorted(directory.iterdir())]
    found = [match for match in matches if match and match["split"] == split]
    counts = {int(match["count"]) for match in found}
    if counts != {len(found)}:
        raise InputError(
            f"{directory}: expected {max(counts, default=1)} shards of {split}, received"
            f" {len(found)}"
        )
    return [directory / match.string for match in found]
