"""What a finished network is delivered with: figures, pictures and a SavedModel."""

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


def write(workdir: Path, config: ConfigDict, predictor: Predictor) -> dict[str, Any]:
    """Measures a network on every source's validation images, draws some, and exports it.

    Args:
      workdir: The run directory.
      config: The resolved config.
      predictor: The network and its body.

    Returns:
      The mean errors by source.
    """
    (workdir / "pictures").mkdir(exist_ok=True)
    body = predictor.decoder.body
    figures = {}
    for name, settings in config.data.items():
        if not settings.path:
            continue
        dataset = ImageDataset(settings.path, settings.validation_split)
        people = predict_split(predictor, dataset, max_examples=settings.max_validation)
        stride = predictor.network.options.map_stride
        figures[name] = errors_of(people, body, map_stride=stride).means()
        numbers = np.arange(min(_PICTURED, len(dataset)))
        batch = next(batches(dataset, predictor, numbers, len(numbers)))
        sheet = prediction_sheet(
            _pictured(predictor, batch), body.faces, f"{name}: validation images and predictions"
        )
        png.write(workdir / "pictures" / f"{name}.png", sheet)
    with atomic_directory.replacing(workdir / "saved_model") as directory:
        saved_model.write(predictor, directory)
    return figures


def _pictured(predictor: Predictor, batch: dict[str, Any]) -> list[Pictured]:
    people, detected, part_maps = predictor(batch["image"], batch["intrinsics"])
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
