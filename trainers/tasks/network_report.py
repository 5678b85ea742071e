"""Results of a network's training: figures, pictures and a SavedModel."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.evaluation import errors_of, network_pictures, predict_split
from hps_tf.io import atomic_directory
from hps_tf.models import Predictor, saved_model
from hps_tf.visualization import png

_PICTURED = 6


def errors(
    settings: ConfigDict, predictor: Predictor, *, ground_truth_evidence: bool = False
) -> dict[str, float]:
    """Measures a network on the validation images of a source.

    Args:
      settings: The source's settings.
      predictor: The network and its body.
      ground_truth_evidence: Whether pose and shape are found from the labels' evidence.

    Returns:
      The mean errors, of those that the images' labels allow to measure.
    """
    dataset = ImageDataset(settings.path, settings.validation_split)
    people = predict_split(
        predictor,
        dataset,
        max_examples=settings.max_validation,
        ground_truth_evidence=ground_truth_evidence,
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
        picture = network_pictures.sheet(predictor, dataset, numbers, title)
        png.write(workdir / "pictures" / f"{name}.png", picture)
    with atomic_directory.replacing(workdir / "saved_model") as directory:
        saved_model.write(predictor, directory)
