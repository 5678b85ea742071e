"""How far joints may be off, from how far rotations may be.

A joint seen from the pelvis moves by the cross product of each ancestor's rotation error and the
arm from that ancestor to the joint; to first order its covariance is the sum over ancestors. With
standard deviations s about the axes of an ancestor's frame, in which the arm is a, the variances
along x, y and z sum to s_x² (a_y² + a_z²) + s_y² (a_x² + a_z²) + s_z² (a_x² + a_y²).
"""

import numpy as np

from hps_tf.body.skeleton import NUM_JOINTS, PARENTS


def joint_std(
    rotation_matrices: np.ndarray, joints: np.ndarray, rotation_std: np.ndarray
) -> np.ndarray:
    """Propagates standard deviations of rotations to joints.

    Args:
      rotation_matrices: `(N, 24, 3, 3)` local rotations.
      joints: `(N, 24, 3)` metres, in the frame that the root's rotation leads into.
      rotation_std: `(N, 24, 3)` radians, of the vector v of R_true = R exp(v).

    Returns:
      `(N, 24)` metres, the root of the summed variances along x, y and z, seen from the pelvis.
    """
    turns = _global_rotations(rotation_matrices)
    variances = np.zeros(joints.shape[:2])
    for joint in range(NUM_JOINTS):
        ancestor = PARENTS[joint]
        while ancestor >= 0:
            arm = joints[:, joint] - joints[:, ancestor]
            squares = np.square(np.einsum("nij,ni->nj", turns[:, ancestor], arm))
            levers = squares.sum(axis=1, keepdims=True) - squares
            variances[:, joint] += (np.square(rotation_std[:, ancestor]) * levers).sum(axis=1)
            ancestor = PARENTS[ancestor]
    return np.sqrt(variances).astype(np.float32)


def _global_rotations(local: np.ndarray) -> np.ndarray:
    turns = np.array(local, np.float64)
    for joint in range(1, NUM_JOINTS):
        turns[:, joint] = turns[:, PARENTS[joint]] @ turns[:, joint]
    return turns
