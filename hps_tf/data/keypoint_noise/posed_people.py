"""People in recorded poses, of random shapes, before random cameras; no images.

Convention: metres in OpenCV's camera frame, the optical axis through the middle of the person.
Randomness is stateless: the same seed gives the same people.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.body.skeleton import BODY_JOINTS, COCO17_NAMES, NUM_JOINTS
from hps_tf.data.keypoint_noise.random_draws import Draws
from hps_tf.geometry import axis_angle, checks, quaternion

NUM_SHAPE = 10
"""Shape components that vary; the others are 0."""

_LARGEST_SHAPE = 2.0
_FACING = np.diag([1.0, -1.0, -1.0]).astype(np.float32)

# Cameras. Most are held level; some look up or down; a few are held in any way, which stands for
# people upside down and lying, too.
_LEVEL_PITCH, _LEVEL_ROLL = 0.2, 0.08
_STEEP = 0.25
_STEEP_PITCHES = (-0.6, 1.0)
_ANY = 0.05

# Metres from the camera to the pelvis, logarithms uniform; some people are nearer.
_DEPTHS = (1.8, 12.0)
_NEAR, _NEAREST = 0.12, 0.8
_NEAREST_POINT = 0.35


class PosedPeople(NamedTuple):
    """B people.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
      shape: `(B, S)`.
      translation: `(B, 3)` of the body.
      joints: `(B, 24, 3)`.
      keypoints: `(B, 17, 3)` COCO keypoints.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    joints: tf.Tensor
    keypoints: tf.Tensor


def draw(pose: tf.Tensor, body: BodyModel, seed: tf.Tensor) -> PosedPeople:
    """Gives every pose a shape and a camera.

    Args:
      pose: `(B, 24, 4)` unit quaternions (x, y, z, w), y up; hands are put at rest.
      body: The body model.
      seed: `(2,)` integers.

    Returns:
      The people.
    """
    checks.shape("pose", pose, ("batch", NUM_JOINTS, 4))
    alone = pose[:, tf.newaxis]
    return draw_windows(alone, tf.zeros_like(alone[:, :, 0, :3]), body, seed)


def draw_windows(pose: tf.Tensor, path: tf.Tensor, body: BodyModel, seed: tf.Tensor) -> PosedPeople:
    """Gives every window of frames a shape and a camera, which stands still.

    Args:
      pose: `(W, T, 24, 4)` unit quaternions (x, y, z, w), y up; hands are put at rest.
      path: `(W, T, 3)` metres, y up: where the pelvis is.
      body: The body model.
      seed: `(2,)` integers.

    Returns:
      W T people, the frames of a window one after the other. The middle of the window's keypoints
      is on the optical axis.
    """
    checks.shape("pose", pose, ("windows", "frames", NUM_JOINTS, 4))
    checks.shape("path", path, ("windows", pose.shape[1], 3))
    draws, count, length = Draws(seed), tf.shape(pose)[0], tf.shape(pose)[1]
    shape = _shapes(count, draws)
    shape = tf.pad(shape, [[0, 0], [0, body.num_shape - NUM_SHAPE]])
    shape = tf.repeat(shape, length, axis=0)
    local = quaternion.to_matrix(tf.reshape(pose, [-1, NUM_JOINTS, 4])[:, : len(BODY_JOINTS) + 1])
    view = _views(count, draws)
    root = tf.matmul(tf.repeat(view, length, axis=0), local[:, 0])
    hands = tf.eye(3, batch_shape=[count * length, NUM_JOINTS - 1 - len(BODY_JOINTS)])
    rotations = tf.concat([root[:, tf.newaxis], local[:, 1:], hands], axis=1)
    joints = body.joints(rotation_matrices=rotations, shape=shape)
    keypoints = body.keypoints("coco17", rotation_matrices=rotations, shape=shape)
    path = tf.linalg.matvec(view[:, tf.newaxis], path)
    moved = tf.reshape(keypoints, [count, -1, len(COCO17_NAMES), 3]) + path[:, :, tf.newaxis]
    low, high = tf.reduce_min(moved, axis=[1, 2]), tf.reduce_max(moved, axis=[1, 2])
    depth = tf.maximum(_depths(count, draws), _NEAREST_POINT - low[:, 2])
    place = tf.concat([-0.5 * (low + high)[:, :2], depth[:, tf.newaxis]], axis=1)
    place = tf.reshape(place[:, tf.newaxis] + path, [-1, 3])
    shift = place[:, tf.newaxis]
    return PosedPeople(rotations, shape, place, joints + shift, keypoints + shift)


def shapes(count: int, seed: tf.Tensor) -> tf.Tensor:
    """Draws `(count, 10)` shapes as people have them."""
    return _shapes(count, Draws(seed))


def _shapes(count: tf.Tensor | int, draws: Draws) -> tf.Tensor:
    return tf.clip_by_value(draws.normal(count, NUM_SHAPE), -_LARGEST_SHAPE, _LARGEST_SHAPE)


def _views(count: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Draws `(B, 3, 3)` rotations from the world, y up, into the camera frame."""
    kind, yaw = draws.uniform(count), draws.uniform(count, high=2.0 * np.pi)
    low, high = _STEEP_PITCHES
    is_any = kind > 1.0 - _ANY
    pitch, roll = _LEVEL_PITCH * draws.normal(count), _LEVEL_ROLL * draws.normal(count)
    pitch = tf.where(kind < _STEEP, draws.uniform(count, low=low, high=high), pitch)
    pitch = tf.where(is_any, draws.uniform(count, low=-0.5 * np.pi, high=0.5 * np.pi), pitch)
    roll = tf.where(is_any, draws.uniform(count, high=2.0 * np.pi), roll)
    level = tf.matmul(tf.broadcast_to(_FACING, (count, 3, 3)), _about(1, yaw))
    return tf.matmul(_about(2, roll), tf.matmul(_about(0, pitch), level))


def _depths(count: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Draws `(B,)` distances."""
    near, far = _DEPTHS
    is_near = draws.happens(_NEAR, count)
    close = draws.log_uniform(count, low=_NEAREST, high=near)
    return tf.where(is_near, close, draws.log_uniform(count, low=near, high=far))


def _about(axis: int, angle: tf.Tensor) -> tf.Tensor:
    """Rotations `(B, 3, 3)` by `(B,)` angles about a coordinate axis."""
    return axis_angle.to_matrix(angle[:, tf.newaxis] * tf.one_hot(axis, 3))
