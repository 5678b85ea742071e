"""How far a reconstructed surface lies from the true one.

Convention: errors are in the unit of the vertices, one per person.
"""

import tensorflow as tf

from hps_tf.geometry import checks


def mpvpe(
    vertices: tf.Tensor, root: tf.Tensor, target: tf.Tensor, target_root: tf.Tensor
) -> tf.Tensor:
    """Computes the mean per-vertex position error with the roots brought together.

    Args:
      vertices: `(..., V, 3)` of the reconstruction.
      root: `(..., 3)` its root joint, in the same frame.
      target: `(..., V, 3)` true vertices.
      target_root: `(..., 3)` the true root joint.

    Returns:
      `(...)` mean distance of corresponding vertices, all weighing alike.

    Raises:
      ValueError: If the shapes disagree.
    """
    vertices, target = tf.convert_to_tensor(vertices), tf.convert_to_tensor(target)
    root, target_root = tf.convert_to_tensor(root), tf.convert_to_tensor(target_root)
    checks.shape("vertices", vertices, (..., "vertices", 3))
    checks.shape("target", target, (..., vertices.shape[-2], 3))
    checks.shape("root", root, (..., 3))
    checks.shape("target_root", target_root, (..., 3))
    offset = vertices - target - (root - target_root)[..., tf.newaxis, :]
    return tf.reduce_mean(tf.norm(offset, axis=-1), axis=-1)
