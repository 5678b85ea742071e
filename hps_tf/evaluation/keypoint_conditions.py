"""The conditions under which people are lifted, or fitted, from COCO keypoints.

Convention: pixels of images of 256 that a person fills; see `hps_tf.evaluation.held_out_people`.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.data.keypoint_noise import detector_noise
from hps_tf.data.keypoint_noise.posed_people import PosedPeople
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting.evidence import Evidence
from hps_tf.geometry import camera

#: By name: standard deviation in pixels and the share that is missing; None: a detector's errors.
CONDITIONS: dict[str, tuple[float, float] | None] = {
    "exact": (0.0, 0.0),
    "4 px, 20 % missing": (4.0, 0.2),
    "8 px, 40 % missing": (8.0, 0.4),
    "detector": None,
}

_SEED = 77
_FEWEST = 5
"""Keypoints that nobody has fewer of."""


def see(people: People, body: BodyModel, condition: str) -> tuple[Evidence, np.ndarray]:
    """Projects people's COCO keypoints and makes errors; always the same ones.

    Args:
      people: N people.
      body: Whose bodies they have.
      condition: A key of `CONDITIONS`.

    Returns:
      What is seen, confidence 1 unless a detector sees it, and the true `(N, 17, 2)` keypoints.
    """
    points = body.keypoints(
        "coco17",
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    matrices = people.evidence.intrinsics
    true = camera.project(points, tf.constant(matrices)).numpy()
    errors = CONDITIONS[condition]
    if errors is None:
        found, confidence = detector_noise.detect(
            PosedPeople(
                tf.constant(people.rotation_matrices),
                tf.constant(people.shape),
                tf.constant(people.translation),
                tf.constant(people.joints_3d),
                points,
            ),
            tf.constant([_SEED, 0]),
        )
        seen = tf.concat([found, tf.ones_like(found[..., :1])], axis=-1)
        return Evidence(camera.project(seen, matrices).numpy(), confidence.numpy(), matrices), true
    deviation, share = errors
    rng = np.random.default_rng(_SEED)
    found = true + deviation * rng.standard_normal(true.shape)
    is_missing = rng.uniform(size=true.shape[:2]) < share
    left = np.count_nonzero(~is_missing, axis=1, keepdims=True)
    is_missing &= left >= _FEWEST
    return Evidence(found, np.where(is_missing, 0.0, 1.0), matrices), true
