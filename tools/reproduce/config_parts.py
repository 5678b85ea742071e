"""Parts of the networks' configs: sources of images, phases, and weights of losses."""

from pathlib import Path

from ml_collections import ConfigDict

from hps_tf.models.presets import LIFTING, PRESETS
from trainers.configs import base

_MAX_VALIDATION = 96
_WEAK = {
    # With the usual weights the 3D labels of few people are still learnt by heart. Chosen by L_V of
    # validation people, with 40 % of the 3D labels.
    "photo": {"keypoint_alignment": 20.0, "part_alignment": 10.0, "pose_prior": 0.05},
}
"""Weights of L_ws that are not the usual ones, by preset."""

_SURPRISE = 1e-3  # It teaches a head of its own, which nothing else depends on.


def weak_weights(preset: str, *, supervised: bool) -> ConfigDict:
    """L_ws, with L_total where there are 3D labels, for the pose module."""
    weights = base.weights(supervised=supervised)
    del weights.heatmaps, weights.part_maps
    weights.update(_WEAK.get(preset, {}))
    return with_surprise(preset, weights) if supervised else weights


def with_surprise(preset: str, weights: ConfigDict) -> ConfigDict:
    """The weights, with one for the deviations that a lifting module predicts."""
    if PRESETS[preset].pose == LIFTING:
        weights.surprise = _SURPRISE
    return weights


def source(path: Path, labels: str = "all", share: float = 1.0) -> ConfigDict:
    """A directory of images.

    Args:
      path: The directory.
      labels: Which labels are used; see `hps_tf.data.images.image_sources`.
      share: Of the subjects, whose 3D labels are used.
    """
    settings = base.source()
    settings.path = str(path)
    settings.max_validation = _MAX_VALIDATION
    settings.labels = labels
    settings.supervised = share
    return settings


def phase(data: dict[str, float], weights: ConfigDict) -> ConfigDict:
    """The one phase of a run, with shares of its sources and weights of its losses."""
    return ConfigDict(
        {"share_of_steps": 1.0, "ground_truth_evidence": 0.0, "data": data, "weights": weights}
    )
