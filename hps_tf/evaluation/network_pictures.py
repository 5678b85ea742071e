"""Images with the people that a network finds in them."""

from typing import Any

import numpy as np

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation.predicted_people import batches
from hps_tf.models import Predictor
from hps_tf.visualization.prediction_sheet import Pictured, prediction_sheet

_MIN_CONFIDENCE = 0.3


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
