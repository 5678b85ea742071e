"""The errors of a network's people, and of bodies fitted from its predictions.

The fits are those of `tools.fitting.refinement`, of stretches of video that `hps_tf.evaluation`
finds. Without that module there is the network's own row alone.
"""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hps_tf.data.image_dataset import ImageDataset
from hps_tf.evaluation import PredictedPeople, errors_of, predict_split
from hps_tf.models import Predictor
from tools.reproduce.network_study import GROUPS, Errors, as_arrays, groups

NETWORK, KA, KA_BA = "network", "ka", "ka+ba"

_MODULE = "tools.fitting.refinement"
_CLIPS = "hps_tf.evaluation.clips"


def video(length: int) -> str:
    """The name of the row of windows of so many frames."""
    return f"video-{length}"


def is_available() -> bool:
    """Whether bodies can be fitted from predictions."""
    return importlib.util.find_spec(_MODULE) is not None


def rows(
    predictor: Predictor,
    dataset: ImageDataset,
    *,
    refine: Sequence[str] = (),
    windows: Sequence[int] = (),
    max_examples: int | None = None,
) -> dict[str, Errors]:
    """Measures a network's people, and fits from them.

    Args:
      predictor: The network with its body.
      dataset: The images.
      refine: Fits of single images: `KA`, `KA_BA`.
      windows: Numbers of frames of the windows in which videos are fitted; left out if the images
        are no videos.
      max_examples: At most so many people, spread evenly; of videos all.

    Returns:
      By row, `network_study.Errors` of the same people in the same order.
    """
    people = predict_split(predictor, dataset, max_examples=None if windows else max_examples)
    measured = {NETWORK: _errors(predictor, people)}
    if not (refine or windows):
        return measured
    refinement = _refinement(predictor)
    for name in refine:
        fitted = refinement.images(people, with_parts=name == KA_BA)
        measured[name] = _errors(predictor, fitted)
    stretches = _stretches(people.labels) if windows else []
    for length in windows if stretches else ():
        fitted = refinement.video(people, stretches, length)
        measured[video(length)] = _errors(predictor, fitted)
    return measured


def _refinement(predictor: Predictor) -> Any:
    return importlib.import_module(_MODULE).Refinement(predictor)


def _stretches(labels: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    return importlib.import_module(_CLIPS).clips(labels)


def _errors(predictor: Predictor, people: PredictedPeople) -> Errors:
    stride = predictor.network.options.map_stride
    errors = errors_of(people, predictor.decoder.body, map_stride=stride)
    return as_arrays(errors) | {GROUPS: groups(people)}
