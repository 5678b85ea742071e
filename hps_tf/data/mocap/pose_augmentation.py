"""New poses out of recorded ones, within the degrees of freedom that the recording has.

Motion capture knows many joints with fewer than three degrees of freedom: knees and elbows are
hinges, some skeletons hold the collars still. Noise on all three would teach a prior to expect
what bodies never do; these augmentations move joints only along what was seen.

Convention: poses are unit quaternions (x, y, z, w), local to the parent joint, `(B, 24, 4)`.
Randomness is stateless: the same seed gives the same poses.
"""

import tensorflow as tf

from hps_tf.body.skeleton import JOINT_NAMES, NUM_JOINTS
from hps_tf.geometry import checks

# Named, because the default depends on who compiles.
_ALGORITHM = "philox"
_MAX_SHARE = 0.9
_LEG = ("hip", "knee", "ankle", "foot")
_ARM = ("collar", "shoulder", "elbow", "wrist", "hand")
_LIMBS = (
    tuple(f"l_{joint}" for joint in _LEG),
    tuple(f"r_{joint}" for joint in _LEG),
    tuple(f"l_{joint}" for joint in _ARM),
    tuple(f"r_{joint}" for joint in _ARM),
    ("spine1", "spine2", "spine3", "neck", "head"),
)
_SWAPPED_SHARE = 0.35


def mix_joints(pose: tf.Tensor, partner: tf.Tensor, spread: float, seed: tf.Tensor) -> tf.Tensor:
    """Turns every joint some way towards, or away from, its rotation in another pose.

    The way is normally distributed, so this smooths the data with a kernel along the arcs between
    its own rotations: a hinge turns about its axis, a joint that never moves stays.

    Args:
      pose: `(B, 24, 4)`.
      partner: `(B, 24, 4)`; best a different pose for every joint.
      spread: Standard deviation of the share of the way.
      seed: `(2,)` integers.

    Returns:
      `(B, 24, 4)`.
    """
    checks.shape("pose", pose, (None, NUM_JOINTS, 4))
    checks.shape("partner", partner, (None, NUM_JOINTS, 4))
    same_side = tf.reduce_sum(pose * partner, axis=-1, keepdims=True) >= 0
    partner = tf.where(same_side, partner, -partner)
    share = spread * tf.random.stateless_normal(tf.shape(pose[..., :1]), seed, alg=_ALGORITHM)
    share = tf.clip_by_value(share, -_MAX_SHARE, _MAX_SHARE)
    return tf.math.l2_normalize((1.0 - share) * pose + share * partner, axis=-1)


def swap_limbs(pose: tf.Tensor, partner: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Gives some poses some limbs of another.

    People that a prior has not seen combine arms, legs and trunk in other ways than those it has.

    Args:
      pose: `(B, 24, 4)`.
      partner: `(B, 24, 4)`.
      share: Share of the poses that are changed; each of their limbs then is with probability
        0.35.
      seed: `(2,)` integers.

    Returns:
      `(B, 24, 4)`.
    """
    checks.shape("pose", pose, (None, NUM_JOINTS, 4))
    checks.shape("partner", partner, (None, NUM_JOINTS, 4))
    joints = swapped_joints(tf.shape(pose)[0], share, seed)
    return tf.where(joints[..., None], partner, pose)


def swapped_joints(count: tf.Tensor | int, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Draws which joints `swap_limbs` takes from another pose.

    Args:
      count: How many poses.
      share: See `swap_limbs`.
      seed: `(2,)` integers.

    Returns:
      `(count, 24)` bool.
    """
    draws = tf.random.stateless_uniform((count, len(_LIMBS) + 1), seed, alg=_ALGORITHM)
    taken = (draws[:, 1:] < _SWAPPED_SHARE) & (draws[:, :1] < share)
    members = tf.constant([[joint in limb for joint in JOINT_NAMES] for limb in _LIMBS], tf.float32)
    return tf.cast(taken, tf.float32) @ members > 0
