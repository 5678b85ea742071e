"""Keypoints of a person in the frame of the observation, independent of the camera.

Convention: slopes are x/z and y/z of viewing rays in a virtual camera that looks at the middle of
the observed keypoints. Where in the view of the real camera a person stands, and which intrinsics
that has, leaves them as they are.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body.skeleton import COCO17_NAMES
from hps_tf.geometry import camera, checks

NUM_KEYPOINTS = len(COCO17_NAMES)
NUM_INPUTS = 3 * NUM_KEYPOINTS + 1

_FARTHEST = 3.0
"""Half sides from the middle at which an input ends."""

_SMALLEST_SIZE = 1e-3
"""Slopes; smaller boxes, such as those of one keypoint, are taken to be as large."""

_FLATTEST = 0.05
"""Least cosine of a ray with the virtual camera's axis that its slope is taken of."""

_TINY = 1e-6
"""Turns the camera of nobody's keypoints ahead."""


class EvidenceFrame(NamedTuple):
    """Evidence of B people, each in a virtual camera.

    Attributes:
      slopes: `(B, 17, 2)`, 0 of what is missing.
      confidence: `(B, 17)` 0..1, 0 of what is missing.
      turn: `(B, 3, 3)` rotations from the virtual camera into the real one.
      half_size: `(B,)` half the longer side of the box about the observed keypoints, in slopes.
    """

    slopes: tf.Tensor
    confidence: tf.Tensor
    turn: tf.Tensor
    half_size: tf.Tensor

    def inputs(self, log_size_error: tf.Tensor | float = 0.0) -> tf.Tensor:
        """Gives the module's `(B, 52)` inputs.

        These are x, y and confidence by keypoint, x and y in half sides from the middle, and the
        logarithm of the box's side, which measures the strength of the perspective.

        Args:
          log_size_error: `(B,)`, by how much the last one errs where the focal length is a guess.
        """
        xy = self.slopes / self.half_size[:, tf.newaxis, tf.newaxis]
        xy = tf.clip_by_value(xy, -_FARTHEST, _FARTHEST)
        keypoints = tf.concat([xy, self.confidence[..., tf.newaxis]], axis=2)
        keypoints = tf.reshape(keypoints, [-1, 3 * NUM_KEYPOINTS])
        log_size = tf.math.log(2.0 * self.half_size) + 1.0 + log_size_error
        return tf.concat([keypoints, log_size[:, tf.newaxis]], axis=1)


def observe(keypoints_2d: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor) -> EvidenceFrame:
    """Turns a virtual camera towards each person's observed keypoints.

    Args:
      keypoints_2d: `(B, 17, 2)` pixels; anything where the confidence is 0.
      confidence: `(B, 17)`; above 1 it counts as 1.
      intrinsics: `(B, 3, 3)`.

    Raises:
      ValueError: If the shapes do not fit.
    """
    keypoints_2d, confidence = tf.convert_to_tensor(keypoints_2d), tf.convert_to_tensor(confidence)
    checks.shape("keypoints_2d", keypoints_2d, ("batch", NUM_KEYPOINTS, 2))
    checks.shape("confidence", confidence, ("batch", NUM_KEYPOINTS))
    is_seen = (confidence > 0.0)[..., tf.newaxis]
    slopes = camera.viewing_slopes(keypoints_2d, intrinsics)
    rays = tf.pad(slopes, [[0, 0], [0, 0], [0, 1]], constant_values=1.0)
    rays = tf.math.l2_normalize(tf.where(is_seen, rays, tf.zeros_like(rays)), axis=-1)
    # The mean ray turns with the camera, the middle of a box in slopes does not; so that one is
    # taken after a first turn.
    mean = tf.reduce_sum(rays, axis=1)
    first = _towards(tf.concat([mean[:, :2], mean[:, 2:] + _TINY], axis=1))
    low, high = _box(_slopes(tf.matmul(rays, first)), is_seen)
    middle = tf.pad(0.5 * (low + high), [[0, 0], [0, 1]], constant_values=1.0)
    turn = tf.matmul(first, _towards(middle))
    slopes = tf.where(is_seen, _slopes(tf.matmul(rays, turn)), tf.zeros_like(slopes))
    low, high = _box(slopes, is_seen)
    size = tf.maximum(tf.reduce_max(high - low, axis=1), _SMALLEST_SIZE)
    return EvidenceFrame(slopes, tf.clip_by_value(confidence, 0.0, 1.0), turn, 0.5 * size)


def _slopes(rays: tf.Tensor) -> tf.Tensor:
    return rays[..., :2] / tf.maximum(rays[..., 2:], _FLATTEST)


def _box(slopes: tf.Tensor, is_seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The least and the greatest `(B, 2)` of the observed slopes; 0 if nothing is."""
    limit = tf.fill(tf.shape(slopes), slopes.dtype.max)
    low = tf.reduce_min(tf.where(is_seen, slopes, limit), axis=1)
    high = tf.reduce_max(tf.where(is_seen, slopes, -limit), axis=1)
    has_any = tf.reduce_any(is_seen, axis=1)
    return tf.where(has_any, low, tf.zeros_like(low)), tf.where(has_any, high, tf.zeros_like(high))


def _towards(directions: tf.Tensor) -> tf.Tensor:
    """The smallest rotations `(B, 3, 3)` from the optical axis to `(B, 3)` directions, z > 0."""
    x, y, z = tf.unstack(tf.math.l2_normalize(directions, axis=1), axis=1)
    # Rodrigues' formula between two unit vectors.
    a = 1.0 / (1.0 + z)
    rows = [
        [1.0 - a * x * x, -a * x * y, x],
        [-a * x * y, 1.0 - a * y * y, y],
        [-x, -y, z],
    ]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)
