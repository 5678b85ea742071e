"""The prepared images that a network is measured on."""

from pathlib import Path

import numpy as np

from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_example import LABELS
from hps_tf.errors import InputError
from hps_tf.evaluation.clips import clips
from hps_tf.models import StagedNetwork

STRETCH = 64
"""Frames of a video that are taken together where not all are."""


def open_data(directory: Path, split: str, network: StagedNetwork) -> ImageDataset:
    """Opens a split that the network can be measured on.

    Raises:
      InputError: If it is missing or damaged, has no label of any kind, or is of another body.
    """
    dataset = ImageDataset(directory, split)
    counts = dataset.manifest["splits"][split]
    if not any(counts.get(label) for label in LABELS):
        raise InputError(
            f"{directory}, split {split}: expected images with labels ({', '.join(LABELS)}),"
            " received none"
        )
    if dataset.body != network.body:
        raise InputError(
            f"{directory}, field 'body': expected the network's {network.body!r}, received"
            f" {dataset.body!r}"
        )
    if dataset.num_shape != network.num_shape:
        raise InputError(
            f"{directory}, field 'num_shape': expected the network's {network.num_shape} shape"
            f" components, received {dataset.num_shape}"
        )
    return dataset


def numbers(dataset: ImageDataset, max_images: int | None, *, is_video: bool) -> np.ndarray:
    """Chooses the examples to measure, evenly spread; of videos, whole stretches of frames.

    Args:
      dataset: The images.
      max_images: How many at most; None for all.
      is_video: Whether to choose stretches of at most `STRETCH` frames.

    Returns:
      `(N,)` numbers of examples.

    Raises:
      InputError: If the data are no videos where they should be.
    """
    total = len(dataset)
    everything = np.arange(total)
    count = total if max_images is None else min(max_images, total)
    if not is_video:
        return everything[:count] * total // count
    stretches = [
        stretch[first : first + STRETCH]
        for stretch in _stretches(dataset, everything)
        for first in range(0, len(stretch), STRETCH)
    ]
    if not stretches:
        raise InputError(f"--video: expected videos in {dataset.directory}, received single images")
    # As many as there would be of the mean length, but one at least.
    wanted = max(1, count * len(stretches) // sum(map(len, stretches)))
    chosen = np.arange(wanted) * len(stretches) // wanted
    return np.concatenate([stretches[number] for number in chosen])


def _stretches(dataset: ImageDataset, numbers: np.ndarray) -> list[np.ndarray]:
    places = [
        image_records.place_in_video(record)
        for number in numbers
        for record in dataset.records(np.array([number]))
    ]
    sequences, subjects, frames = zip(*places, strict=True)
    labels = {
        "sequence": np.array(sequences, object),
        "subject": np.array(subjects, object),
        "frame": np.array(frames),
    }
    return clips(labels)
