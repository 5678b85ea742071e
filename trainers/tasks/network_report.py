"""What a network is delivered with: figures, pictures and a SavedModel."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from hps_tf import atomic_directory
from hps_tf.data.image_dataset import ImageDataset
from hps_tf.evaluation import errors_of, predict_split
from hps_tf.evaluation.predicted_people import batches
from hps_tf.models import Predictor, saved_model
from hps_tf.visualization import png
from hps_tf.visualization.prediction_sheet import Pictured, prediction_sheet

_PICTURED = 6
_MIN_CONFIDENCE = 0.3


def errors(
    settings: ConfigDict, predictor: Predictor, *, label_evidence: bool = False
) -> dict[str, float]:
    """Measures a network on the validation images of a source.

    Args:
      settings: The source's settings.
      predictor: The network and its body.
      label_evidence: Whether pose and shape are found from the labels' evidence.

    Returns:
      The mean errors, of those that the images' labels allow to measure.
    """
    dataset = ImageDataset(settings.path, settings.validation_split)
    people = predict_split(
        predictor, dataset, max_examples=settings.max_validation, label_evidence=label_evidence
    )
    stride = predictor.network.options.map_stride
    means = errors_of(people, predictor.decoder.body, map_stride=stride).means()
    return {metric: value for metric, value in means.items() if math.isfinite(value)}


def deliver(workdir: Path, sources: Mapping[str, ConfigDict], predictor: Predictor) -> None:
    """Draws validation images of every source with the people found, and exports the network.

    Args:
      workdir: The run directory.
      sources: The sources' settings by name.
      predictor: The network and its body.
    """
    (workdir / "pictures").mkdir(exist_ok=True)
    for name, settings in sources.items():
        dataset = ImageDataset(settings.path, settings.validation_split)
        numbers = np.arange(min(_PICTURED, len(dataset)))
        title = f"{name}: validation images and predictions"
        png.write(workdir / "pictures" / f"{name}.png", sheet(predictor, dataset, numbers, title))
    with atomic_directory.replacing(workdir / "saved_model") as directory:
        saved_model.write(predictor, directory)


def sheet(
    predictor: Predictor, dataset: ImageDataset, numbers: np.ndarray, title: str
) -> np.ndarray:
    """Draws images with the people found in them, and the true ones where they are known.

    Args:
      predictor: The network and its body.
      dataset: The images.
      numbers: Which of them.
      title: A line above them all.

    Returns:
      `(H, W, 3)` uint8 RGB.
    """
    batch = next(batches(dataset, predictor, numbers, len(numbers)))
    return prediction_sheet(_pictured(predictor, batch), predictor.decoder.body.faces, title)


def _pictured(predictor: Predictor, batch: dict[str, Any]) -> list[Pictured]:
    people, detected, part_maps, _ = predictor(batch["image"], batch["intrinsics"])
    truth = predictor.decoder.body(
        pose=batch["pose"], shape=batch["shape"], translation=batch["translation"]
    )
    labels = np.argmax(part_maps, axis=-1).astype(np.uint8)
    return [
        Pictured(
            batch["image"][row].numpy(),
            batch["intrinsics"][row].numpy(),
            people.vertices[row].numpy(),
            detected.keypoints_2d[row].numpy(),
            detected.confidence[row].numpy() > _MIN_CONFIDENCE,
            people.keypoints_2d[row].numpy(),
            labels[row],
            truth.vertices[row].numpy() if batch["has_pose"][row] else None,
            batch["part_labels"][row].numpy() if batch["has_parts"][row] else None,
        )
        for row in range(len(labels))
    ]
