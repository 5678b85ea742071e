"""Stretches of video among examples, and how wrongly the people in them jitter."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from hps_tf.body import BodyModel
from hps_tf.evaluation.errors import joints_and_targets
from hps_tf.evaluation.predicted_people import PredictedPeople
from hps_tf.metrics.acceleration import acceleration_error

MIN_FRAMES = 3
"""Fewer frames have no acceleration."""

_MM = 1000.0


def clips(labels: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Finds stretches of video: a person's frames, equally spaced.

        stretches = hps_tf.evaluation.clips(people.labels)

    Args:
      labels: `sequence`, `subject` and `frame` of N examples, as in `PredictedPeople`.

    Returns:
      The examples' numbers, an array a stretch, in order of time; a video is cut where frames are
      missing, and what is in no video is in no stretch.
    """
    numbers_of = defaultdict(list)
    frames = np.asarray(labels["frame"])
    people = zip(labels["sequence"], labels["subject"], strict=True)
    for number, (sequence, subject) in enumerate(people):
        if sequence:
            numbers_of[sequence, subject].append(number)
    found = []
    for listed in numbers_of.values():
        numbers = np.array(listed)[np.argsort(frames[listed], kind="stable")]
        steps = np.diff(frames[numbers])
        # A frame seen twice, of two cameras say, begins a stretch of its own.
        usual = steps[steps > 0].min(initial=np.iinfo(np.int64).max)
        found += np.split(numbers, np.flatnonzero(steps != usual) + 1)
    return found


def mean_acceleration_error(
    people: PredictedPeople, body: BodyModel, stretches: list[np.ndarray]
) -> float:
    """Averages the acceleration error of Human3.6M's joints, the pelvis fixed, over frames.

        mean_acceleration_error(people, body, clips(people.labels))

    Args:
      people: The people.
      body: The body model of predictions and labels.
      stretches: Their result of `clips`.

    Returns:
      Millimetres per frame²; NaN if no stretch of three frames has 3D labels.
    """
    joints, target = joints_and_targets(people, body)
    has_joints = (people.labels["has_pose"] > 0) | (people.labels["has_markers"] > 0)
    total, count = 0.0, 0
    for rows in stretches:
        if len(rows) >= MIN_FRAMES and has_joints[rows].all():
            weight = len(rows) - MIN_FRAMES + 1
            total += weight * float(acceleration_error(joints[rows], target[rows]))
            count += weight
    return _MM * total / count if count else float("nan")
