"""Forward kinematics of a joint tree, without a loop over its joints.

Convention: rotation matrices act on column vectors; local rotations are relative to the parent,
global ones to the body frame.
"""

import functools

import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import NUM_JOINTS, SMPL24, Skeleton


@functools.lru_cache
def _ancestors(skeleton: Skeleton) -> np.ndarray:
    """Returns `(J, J)`: entry [k, a] is one where a is k or one of its ancestors."""
    table = np.eye(skeleton.num_joints)
    for joint, parent in enumerate(skeleton.parents[1:], start=1):
        table[joint] += table[parent]
    return table


@functools.lru_cache
def _jumps(skeleton: Skeleton) -> list[list[int]]:
    """Lists each joint's ancestor 1, 2, 4, 8 joints up; index J stands for none."""
    none = skeleton.num_joints
    jump = [parent % (none + 1) for parent in skeleton.parents] + [none]
    jumps = []
    while any(joint != none for joint in jump):
        jumps.append(jump[:none])
        jump = [jump[joint] for joint in jump]
    return jumps


def all_rotations(rotations: tf.Tensor, skeleton: Skeleton) -> tf.Tensor:
    """Gives joints that a pose of 24 leaves out their rest rotation.

    Args:
      rotations: `(B, J, 3, 3)` local, or `(B, 24, 3, 3)` those of `skeleton.JOINT_NAMES`.
      skeleton: The joint tree.

    Returns:
      `(B, J, 3, 3)`.
    """
    if rotations.shape[1] != NUM_JOINTS or skeleton == SMPL24:
        return rotations
    identity = tf.broadcast_to(tf.eye(3, dtype=rotations.dtype), tf.shape(rotations[:, :1]))
    places = [NUM_JOINTS] * skeleton.num_joints
    # Backwards: where a wrist stands for an absent hand, the wrist's own rotation is the one kept.
    for source in reversed(range(NUM_JOINTS)):
        places[skeleton.smpl24[source]] = source
    return tf.gather(tf.concat([rotations, identity], axis=1), places, axis=1)


def global_rotations(local: tf.Tensor, skeleton: Skeleton = SMPL24) -> tf.Tensor:
    """Multiplies the local rotations along each joint's chain from the root.

    Pointer doubling: after n rounds a joint holds the product over its last 2ⁿ chain links, so
    four rounds over all joints at once replace the walk down a tree nine levels deep.

    Args:
      local: `(B, J, 3, 3)` rotation matrices.
      skeleton: The joint tree.

    Returns:
      `(B, J, 3, 3)` global rotation matrices.
    """
    identity = tf.broadcast_to(tf.eye(3, dtype=local.dtype), tf.shape(local[:, :1]))
    product = local
    for jump in _jumps(skeleton):
        above = tf.gather(tf.concat([product, identity], axis=1), jump, axis=1)
        product = tf.matmul(above, product)
    return product


def joint_positions(
    rotations: tf.Tensor, rest_joints: tf.Tensor, skeleton: Skeleton = SMPL24
) -> tf.Tensor:
    """Places the joints: each bone is turned by its parent, then bones add up along the chain.

    Args:
      rotations: `(B, J, 3, 3)` global rotations out of the rest pose.
      rest_joints: `(B, J, 3)` joints in the rest pose, metres.
      skeleton: The joint tree.

    Returns:
      `(B, J, 3)`; the root stays where it rests.
    """
    parents = list(skeleton.parents[1:])
    bones = rest_joints[:, 1:] - tf.gather(rest_joints, parents, axis=1)
    turned = tf.linalg.matvec(tf.gather(rotations, parents, axis=1), bones)
    root = tf.broadcast_to(rest_joints[:, :1], tf.shape(turned[:, :1]))
    ancestors = tf.constant(_ancestors(skeleton), rotations.dtype)
    return weighted_sums(ancestors, tf.concat([root, turned], axis=1))


def weighted_sums(weights: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
    """Adds points up, the same for everybody: one product of two matrices.

    TensorFlow Lite cannot load the shapes that `tf.einsum` writes for it.

    Args:
      weights: `(K, P)` how much of each point is in each sum.
      points: `(B, P, 3)`.

    Returns:
      `(B, K, 3)`.
    """
    rows = tf.reshape(tf.transpose(points, [0, 2, 1]), [-1, points.shape[1]])
    sums = tf.matmul(rows, weights, transpose_b=True)
    by_person = tf.reshape(sums, [tf.shape(points)[0], points.shape[2], weights.shape[0]])
    return tf.transpose(by_person, [0, 2, 1])
