"""A share of the training images of a dataset, as a dataset of its own."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf.data.images import image_manifest, image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_example import LABELS
from hps_tf.data.images.image_manifest import MANIFEST
from hps_tf.errors import InputError
from hps_tf.io import atomic_directory
from hps_tf.io.json_file import write as write_json

_SPLIT = "train"
_ENTRIES_PER_READ = 256


def write(source: Path, directory: Path, share: float) -> None:
    """Copies a dataset with a share of its training images; does nothing if it is there.

    Which images are in it depends on names alone, and a larger share holds a smaller one.

    Args:
      source: The dataset's directory.
      directory: The new one's.
      share: Above 0, up to 1.

    Raises:
      InputError: If no image is left.
    """
    if (directory / MANIFEST).is_file():
        return
    manifest = image_manifest.read_manifest(source)
    dataset = ImageDataset(source, _SPLIT)
    with atomic_directory.replacing(directory) as scratch:
        for path in source.glob("*.tfrecord"):
            if not path.name.startswith(f"{_SPLIT}-"):
                shutil.copyfile(path, scratch / path.name)
        kept = _copy(dataset, scratch / f"{_SPLIT}-00000-of-00001.tfrecord", share)
        if not kept:
            raise InputError(f"{source}: expected images in a share of {share:g}, received none")
        manifest["settings"]["share_of_training_images"] = share
        manifest["splits"][_SPLIT] = _sums(kept)
        write_json(scratch / MANIFEST, manifest, indent=1)


def _copy(dataset: ImageDataset, path: Path, share: float) -> list[dict[str, Any]]:
    """Copies the entries that are kept; returns who is in each and which labels it has."""
    kept = []
    with tf.io.TFRecordWriter(str(path)) as writer:
        for first in range(0, len(dataset), _ENTRIES_PER_READ):
            numbers = np.arange(first, min(first + _ENTRIES_PER_READ, len(dataset)))
            for record in dataset.records(numbers):
                subject, name = image_records.subject_and_name(record)
                if _rank(name) >= share:
                    continue
                feature = tf.train.Example.FromString(record).features.feature
                labels = {
                    label: bool(feature[f"has_{label}"].int64_list.value[0]) for label in LABELS
                }
                kept.append({"subject": subject, **labels})
                writer.write(record)
    return kept


def _sums(kept: list[dict[str, Any]]) -> dict[str, int | list[str]]:
    return {
        "examples": len(kept),
        **{label: sum(entry[label] for entry in kept) for label in LABELS},
        "subjects": sorted({entry["subject"] for entry in kept}),
    }


def _rank(name: str) -> float:
    """A number in 0..1 that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
