"""Acceleration error of reconstructed joints.

Convention: in the unit of the joints per frame², frames being the second axis from the last two.
"""

import tensorflow as tf

from hps_tf.geometry import checks


def acceleration_error(joints_3d: tf.Tensor, target: tf.Tensor, root: int = 0) -> tf.Tensor:
    """Computes the mean error of the joints' second differences, seen from the root.

    Args:
      joints_3d: `(..., F, J, 3)` reconstructed joints of F ≥ 3 frames.
      target: `(..., F, J, 3)` true joints.
      root: The joint that both are placed by; 0 is the pelvis of the 24 joints.

    Returns:
      `(...)` mean length of the error over frames and joints.

    Raises:
      ValueError: If the shapes disagree or there are fewer than 3 frames.
    """
    joints_3d, target = tf.convert_to_tensor(joints_3d), tf.convert_to_tensor(target)
    checks.shape("joints_3d", joints_3d, (..., "frames", "joints", 3))
    checks.shape("target", target, (..., *joints_3d.shape[-3:]))
    if joints_3d.shape[-3] < 3:
        raise ValueError(f"`joints_3d`: expected at least 3 frames, received {joints_3d.shape[-3]}")
    offset = joints_3d - target
    offset -= offset[..., root : root + 1, :]
    jitter = offset[..., 2:, :, :] - 2.0 * offset[..., 1:-1, :, :] + offset[..., :-2, :, :]
    return tf.reduce_mean(tf.norm(jitter, axis=-1), axis=[-2, -1])
