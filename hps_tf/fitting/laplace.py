"""How sure bodies are whose variables are standard normal before the keypoints are seen.

At the minimum of a fit the variables are normal with covariance (Jᵀ J + I)⁻¹ (Laplace's
approximation with Gauss and Newton's curvature), J the Jacobian of m residuals of unit variance,
and joints with that of their linear response A. With fewer residuals than variables
A (Jᵀ J + I)⁻¹ Aᵀ = A Aᵀ − A Jᵀ (J Jᵀ + I)⁻¹ J Aᵀ.
"""

import tensorflow as tf


def joint_std(jacobian: tf.Tensor, response: tf.Tensor) -> tf.Tensor:
    """Gives standard deviations of joints.

    Args:
      jacobian: `(B, m, n)` of the residuals.
      response: `(B, 3 J, n)` of the joints' coordinates, metres.

    Returns:
      `(B, J)` metres: the root of the summed variances along x, y and z.
    """
    jacobian, response = tf.cast(jacobian, tf.float64), tf.cast(response, tf.float64)
    is_finite = tf.reduce_all(tf.math.is_finite(jacobian), axis=(1, 2), keepdims=True)
    jacobian = tf.where(is_finite, jacobian, 0.0)
    gram = tf.matmul(jacobian, jacobian, transpose_b=True)
    factor = tf.linalg.cholesky(gram + tf.eye(jacobian.shape[1], dtype=tf.float64))
    told = tf.linalg.triangular_solve(factor, tf.matmul(jacobian, response, transpose_b=True))
    variances = tf.reduce_sum(tf.square(response), axis=2) - tf.reduce_sum(tf.square(told), axis=1)
    num_joints = response.shape[1] // 3
    variances = tf.reshape(variances, [-1, num_joints, 3])
    return tf.cast(tf.sqrt(tf.maximum(tf.reduce_sum(variances, axis=2), 0.0)), tf.float32)
