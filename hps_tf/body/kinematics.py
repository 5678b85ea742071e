"""Forward kinematics of the 24-joint tree, without a loop over its joints.

Convention: rotation matrices act on column vectors; local rotations are relative to the parent,
global ones to the body frame.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import NUM_JOINTS, PARENTS


def _ancestors() -> np.ndarray:
    """Returns `(24, 24)`: entry [k, a] is one where a is k or one of its ancestors."""
    table = np.eye(NUM_JOINTS)
    for joint, parent in enumerate(PARENTS[1:], start=1):
        table[joint] += table[parent]
    return table


def _jumps() -> list[list[int]]:
    """Lists each joint's ancestor 1, 2, 4, 8 joints up; index 24 stands for none."""
    jump = [parent % (NUM_JOINTS + 1) for parent in PARENTS] + [NUM_JOINTS]
    jumps = []
    while any(joint != NUM_JOINTS for joint in jump):
        jumps.append(jump[:NUM_JOINTS])
        jump = [jump[joint] for joint in jump]
    return jumps


_ANCESTORS = _ancestors()
_JUMPS = _jumps()


def global_rotations(local: tf.Tensor) -> tf.Tensor:
    """Multiplies the local rotations along each joint's chain from the root.

    Pointer doubling: after n rounds a joint holds the product over its last 2ⁿ chain links, so
    four rounds over all joints at once replace the walk down a tree nine levels deep.

    Args:
      local: `(B, 24, 3, 3)` rotation matrices.

    Returns:
      `(B, 24, 3, 3)` global rotation matrices.
    """
    identity = tf.broadcast_to(tf.eye(3, dtype=local.dtype), tf.shape(local[:, :1]))
    product = local
    for jump in _JUMPS:
        above = tf.gather(tf.concat([product, identity], axis=1), jump, axis=1)
        product = tf.matmul(above, product)
    return product


def joint_positions(rotations: tf.Tensor, rest_joints: tf.Tensor) -> tf.Tensor:
    """Places the joints: each bone is turned by its parent, then bones add up along the chain.

    Args:
      rotations: `(B, 24, 3, 3)` global rotations out of the rest pose.
      rest_joints: `(B, 24, 3)` joints in the rest pose, metres.

    Returns:
      `(B, 24, 3)`; the root stays where it rests.
    """
    parents = list(PARENTS[1:])
    bones = rest_joints[:, 1:] - tf.gather(rest_joints, parents, axis=1)
    turned = tf.linalg.matvec(tf.gather(rotations, parents, axis=1), bones)
    root = tf.broadcast_to(rest_joints[:, :1], tf.shape(turned[:, :1]))
    ancestors = tf.constant(_ANCESTORS, rotations.dtype)
    return tf.einsum("ka,bac->bkc", ancestors, tf.concat([root, turned], axis=1))
