"""Where fits start: global rotations all around, each at the depth where the keypoints fit best.

The paper starts from four global rotations and keeps the lowest loss (Zanfir et al. 2020, §3).
"""

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.geometry import rotation_6d, translation

_NUM_YAWS = 4
_MIN_DEPTH = 0.5  # Metres.


def global_rotations(num_starts: int) -> np.ndarray:
    """Turns a body that stands before the camera.

    Args:
      num_starts: A multiple of 4. The first 4 are upright and face 4 ways, the next 4 are turned in
        the image plane, and so on around.

    Returns:
      `(num_starts, 3, 3)` rotations from the body frame into the camera frame.

    Raises:
      ValueError: If `num_starts` is no positive multiple of 4.
    """
    if num_starts < 1 or num_starts % _NUM_YAWS:
        raise ValueError(f"`num_starts`: expected a multiple of {_NUM_YAWS}, received {num_starts}")
    num_rolls = num_starts // _NUM_YAWS
    upright = np.diag([1.0, -1.0, -1.0])
    return np.stack(
        [
            _about_z(2 * np.pi * roll / num_rolls) @ upright @ _about_y(2 * np.pi * yaw / _NUM_YAWS)
            for roll in range(num_rolls)
            for yaw in range(_NUM_YAWS)
        ]
    ).astype(np.float32)


def placed(
    body: BodyModel,
    rotation_matrices: tf.Tensor,
    rotations: np.ndarray | tf.Tensor,
    keypoint_set: str,
    keypoints: tf.Tensor,
    confidence: tf.Tensor,
    intrinsics: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Places a body before the camera, for every person and global rotation.

    Args:
      body: The body model.
      rotation_matrices: `(24, 3, 3)` local rotations of the pose to start from.
      rotations: `(starts, 3, 3)` global rotations.
      keypoint_set: A key of `hps_tf.body.skeleton.KEYPOINT_NAMES`.
      keypoints: `(N, K, 2)` of N people, pixels.
      confidence: `(N, K)`; where 0 the keypoint may be anything.
      intrinsics: `(N, 3, 3)`.

    Returns:
      Global rotations, `(N, starts, 6)` their first two columns, and `(N, starts, 3)`
      translations.
    """
    turns = tf.convert_to_tensor(rotations, tf.float32)
    others = tf.repeat(rotation_matrices[tf.newaxis, 1:], tf.shape(turns)[0], axis=0)
    local = tf.concat([turns[:, tf.newaxis], others], axis=1)
    joints = body.keypoints(keypoint_set, rotation_matrices=local)
    place = translation.from_weak_perspective(
        joints[tf.newaxis],
        keypoints[:, tf.newaxis],
        confidence[:, tf.newaxis],
        intrinsics[:, tf.newaxis],
    )
    # A person seen at the camera's own depth has been detected wrongly; stay in front.
    place *= tf.maximum(_MIN_DEPTH / tf.maximum(place[..., 2:], 1e-6), 1.0)
    columns = tf.broadcast_to(
        rotation_6d.from_matrix(turns), tf.concat([tf.shape(place)[:2], [6]], axis=0)
    )
    return columns, place


def _about_y(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _about_z(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
