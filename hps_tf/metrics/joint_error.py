"""How far reconstructed joints lie from the true ones.

Convention: errors are in the unit of the joints, one per person; with joints in metres they are
metres, and tables quote centimetres (Zanfir et al. 2020, Table 1) or millimetres.
"""

import tensorflow as tf

from hps_tf.geometry import checks, procrustes


def mpjpe(joints_3d: tf.Tensor, target: tf.Tensor, root: int = 0) -> tf.Tensor:
    """Computes the mean per-joint position error with the roots brought together.

    Args:
      joints_3d: `(..., J, 3)` reconstructed joints.
      target: `(..., J, 3)` true joints.
      root: The joint that both are placed by; 0 is the pelvis of the 24 joints.

    Returns:
      `(...)` mean distance of the joints, the root's own zero included.

    Raises:
      ValueError: If the shapes disagree.
    """
    joints_3d, target = _joints(joints_3d, target)
    offset = joints_3d - target
    return _mean_length(offset - offset[..., root : root + 1, :])


def pa_mpjpe(joints_3d: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Computes the mean per-joint position error after the best similarity (Procrustes).

    Args:
      joints_3d: `(..., J, 3)` reconstructed joints.
      target: `(..., J, 3)` true joints.

    Returns:
      `(...)` mean distance of the joints.

    Raises:
      ValueError: If the shapes disagree.
    """
    joints_3d, target = _joints(joints_3d, target)
    return _mean_length(procrustes.align(joints_3d, target) - target)


def _joints(joints_3d: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    joints_3d, target = tf.convert_to_tensor(joints_3d), tf.convert_to_tensor(target)
    checks.shape("joints_3d", joints_3d, (..., "joints", 3))
    checks.shape("target", target, (..., joints_3d.shape[-2], 3))
    return joints_3d, target


def _mean_length(offset: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.norm(offset, axis=-1), axis=-1)
