"""Poses that no body takes, made of recorded ones, which a discriminator learns to recognise.

Convention: poses are unit quaternions (x, y, z, w), local to the parent joint, `(B, 24, 4)`.
Randomness is stateless: the same seed gives the same poses.
"""

import tensorflow as tf

from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.geometry import axis_angle, checks, quaternion

# Named, because the default depends on who compiles.
_ALGORITHM = "philox"
_TURNED_SHARE = 0.3
_SMALLEST_TURN, _LARGEST_TURN = 0.2, 1.5


def corruptions(pose: tf.Tensor, seed: tf.Tensor) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
    """Corrupts poses in each of the ways of this module.

    Args:
      pose: `(B, 24, 4)`.
      seed: `(2,)` integers.

    Returns:
      By the name of the way, ``"exchanged"``, ``"turned"`` and ``"random"``: `(B, 24, 4)` poses,
      and `(B, 24)` booleans: which joints are wrong by themselves. Every pose is wrong as a whole.
    """
    seeds = tf.unstack(tf.random.split(seed, 3, alg=_ALGORITHM))
    count = tf.shape(pose)[0]
    everywhere = tf.ones((count, NUM_JOINTS), tf.bool)
    return {
        "exchanged": (exchange_joints(pose, seeds[0]), ~everywhere),
        "turned": turn_joints(pose, seeds[1]),
        "random": (random_rotations(count, seeds[2]), everywhere),
    }


def exchange_joints(pose: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Gives every joint the rotation it has in some pose of the batch, each joint in another.

    Args:
      pose: `(B, 24, 4)`.
      seed: `(2,)` integers.

    Returns:
      `(B, 24, 4)`: every joint by itself is real, the whole is not.
    """
    checks.shape("pose", pose, (None, NUM_JOINTS, 4))
    count = tf.shape(pose)[0]
    rows = tf.random.stateless_uniform(
        (count, NUM_JOINTS), seed, maxval=count, dtype=tf.int32, alg=_ALGORITHM
    )
    joints = tf.broadcast_to(tf.range(NUM_JOINTS), tf.shape(rows))
    return tf.gather_nd(pose, tf.stack([rows, joints], axis=-1))


def turn_joints(pose: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Turns about a third of the joints by random rotations, in any direction.

    Args:
      pose: `(B, 24, 4)`.
      seed: `(2,)` integers.

    Returns:
      `(B, 24, 4)` poses, and `(B, 24)` booleans: which joints were turned. The angles' scale is
      one a pose, from 0.2 to 1.5 radians.
    """
    checks.shape("pose", pose, (None, NUM_JOINTS, 4))
    seeds = tf.unstack(tf.random.split(seed, 3, alg=_ALGORITHM))
    count = tf.shape(pose)[0]
    draws = tf.random.stateless_uniform((count, NUM_JOINTS), seeds[0], alg=_ALGORITHM)
    turned = draws < _TURNED_SHARE
    scale = tf.random.stateless_uniform(
        (count, 1, 1), seeds[1], _SMALLEST_TURN, _LARGEST_TURN, alg=_ALGORITHM
    )
    turn = scale * tf.random.stateless_normal((count, NUM_JOINTS, 3), seeds[2], alg=_ALGORITHM)
    # Three normal components of scale s make an angle of 1.6 s on average.
    rotated = quaternion.multiply(pose, axis_angle.to_quaternion(turn / 1.6))
    return tf.where(turned[..., None], rotated, pose), turned


def random_rotations(count: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws `(count, 24, 4)` poses of rotations that are uniform over all there are."""
    return tf.math.l2_normalize(
        tf.random.stateless_normal((count, NUM_JOINTS, 4), seed, alg=_ALGORITHM), axis=-1
    )
