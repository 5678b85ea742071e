"""A lifting network's errors by condition and subject, and how true its spreads are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hps_tf.evaluation import keypoint_conditions
from hps_tf.evaluation.held_out_people import NUM_SHAPE, People
from hps_tf.evaluation.keypoint_conditions import CONDITIONS
from hps_tf.evaluation.statistics import Bootstrap, percentile_interval
from hps_tf.geometry import axis_angle, rotation_matrix
from hps_tf.metrics import joint_error
from hps_tf.models import LiftedPeople, Lifter

Figures = dict[str, Any]

METRICS = {"mpjpe_mm": joint_error.mpjpe, "pa_mpjpe_mm": joint_error.pa_mpjpe}
SPREADS = ("pose", "root", "place", "shape", "keypoints")

_SEED = 0


def measure(lifter: Lifter, people: People, subjects: Mapping[str, str]) -> dict[str, Figures]:
    """Measures a network under every condition.

    Args:
      lifter: The network with its body.
      people: Whom to lift.
      subjects: Who moved, by clip.

    Returns:
      By condition: the means of `METRICS`, their 95 % intervals by a bootstrap over clips
      (`mpjpe_interval_mm`, ...), both means by subject, and the share of errors within one
      predicted standard deviation, which is .683 of normal errors whose deviation is known.
    """
    bootstrap = Bootstrap(people.clips, {}, _SEED)
    names = np.array([subjects[clip] for clip in people.clips])
    return {name: _condition(lifter, people, names, name, bootstrap) for name in CONDITIONS}


def _condition(
    lifter: Lifter, people: People, subjects: np.ndarray, condition: str, bootstrap: Bootstrap
) -> Figures:
    seen, true = keypoint_conditions.see(people, lifter.body, condition)
    lifted = lifter(seen.keypoints, seen.confidence, seen.intrinsics)
    figures: Figures = {"by_subject": {name: {} for name in np.unique(subjects).tolist()}}
    for name, metric in METRICS.items():
        errors = 1e3 * np.asarray(metric(lifted.people.joints, people.joints_3d), np.float64)
        figures[name] = float(errors.mean())
        interval = percentile_interval(bootstrap.replicates(errors[None], None))
        figures[name.replace("_mm", "_interval_mm")] = list(interval)
        for subject, values in figures["by_subject"].items():
            values[name] = float(errors[subjects == subject].mean())
    off = seen.keypoints - true
    figures["within_deviation"] = {
        name: float(np.mean(ratio <= 1.0))
        for name, ratio in _ratios(lifted, people, off, seen.confidence > 0).items()
    }
    return figures


def _ratios(
    lifted: LiftedPeople, people: People, off: np.ndarray, is_seen: np.ndarray
) -> dict[str, np.ndarray]:
    """Absolute errors over the deviations predicted for them."""
    predicted, spread = lifted.people, lifted.spread
    turned = axis_angle.from_matrix(
        rotation_matrix.relative(predicted.rotation_matrices, people.rotation_matrices)
    ).numpy()
    places = [_place(np.asarray(place)) for place in (predicted.translation, people.translation)]
    errors = {
        "pose": turned[:, 1:22],
        "root": turned[:, 0],
        "place": places[1] - places[0],
        "shape": people.shape[:, :NUM_SHAPE] - predicted.shape[:, :NUM_SHAPE],
    }
    ratios = {
        name: np.abs(error) / np.asarray(getattr(spread, name)) for name, error in errors.items()
    }
    ratios["keypoints"] = (np.abs(off) / np.asarray(spread.keypoints)[..., None])[is_seen]
    return ratios


def _place(translation: np.ndarray) -> np.ndarray:
    depth = translation[:, 2:]
    return np.concatenate([translation[:, :2] / depth, np.log(depth)], axis=1)
