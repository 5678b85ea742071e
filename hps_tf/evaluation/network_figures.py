"""The figures of people that a network, or a fit from its prediction, found in images."""

import dataclasses
import math
from typing import Any

import numpy as np

from hps_tf import evaluation
from hps_tf.body import BodyModel
from hps_tf.body.skeleton import H36M17_NAMES
from hps_tf.evaluation import ImageErrors, PredictedPeople
from hps_tf.evaluation.errors import mean

MEANS = tuple(
    field.name for field in dataclasses.fields(ImageErrors) if field.name != "joint_errors_mm"
)
ACCELERATION = "acceleration_error_mm"

Figures = dict[str, Any]


def measure(
    people: PredictedPeople, body: BodyModel, *, map_stride: int, stretches: list[np.ndarray]
) -> Figures:
    """Measures people against their labels.

    Args:
      people: The people.
      body: The body model of predictions and labels.
      map_stride: Pixels of the network's input to one of its maps.
      stretches: Their result of `evaluation.clips`.

    Returns:
      Mean errors by name, None where nothing has the label; `per_joint_mm` and `per_action_mm`,
      MPJPE by joint of Human3.6M and by action, empty where nothing has a pose.
    """
    errors = evaluation.errors_of(people, body, map_stride=map_stride)
    figures: Figures = {name: _number(value) for name, value in errors.means().items()}
    if stretches:
        jitter = evaluation.mean_acceleration_error(people, body, stretches)
        figures[ACCELERATION] = _number(jitter)
    by_joint = [mean(column) for column in errors.joint_errors_mm.T]
    actions = np.array([action.decode() for action in people.labels["action"]])
    by_action = {
        str(action): mean(errors.mpjpe_mm[actions == action])
        for action in np.unique(actions)
        if action
    }
    figures["per_joint_mm"] = _known(dict(zip(H36M17_NAMES, by_joint, strict=True)))
    figures["per_action_mm"] = _known(by_action)
    return figures


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _known(values: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if not math.isnan(value)}
