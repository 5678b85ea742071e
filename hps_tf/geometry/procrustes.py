"""Similarity alignment of corresponding points (Umeyama 1991).

Convention: points are rows, (..., N, 3); a similarity maps x to s R x + t, and R is a proper
rotation, never a reflection.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.geometry import checks, rotation_matrix


class Similarity(NamedTuple):
    """The map x → scale · rotation x + translation.

    Attributes:
      scale: (...), not negative.
      rotation: (..., 3, 3) rotation matrices.
      translation: (..., 3), in the points' unit.
    """

    scale: tf.Tensor
    rotation: tf.Tensor
    translation: tf.Tensor

    def apply(self, points: tf.Tensor) -> tf.Tensor:
        """Maps points (..., N, 3)."""
        rotated = tf.matmul(points, self.rotation, transpose_b=True)
        scale = self.scale[..., tf.newaxis, tf.newaxis]
        return scale * rotated + self.translation[..., tf.newaxis, :]


def fit(source: tf.Tensor, target: tf.Tensor, weights: tf.Tensor | None = None) -> Similarity:
    """Finds the similarity that maps one point set onto another with least squared error.

    It minimises Σ w |s R x + t − y|². Points that all coincide give scale 0 and some rotation,
    finite and with finite derivatives. A point of weight 0 is ignored, even if it is NaN.

    Args:
      source: (..., N, 3) the points x.
      target: (..., N, 3) their counterparts y.
      weights: (..., N), not negative; None weighs all alike.

    Returns:
      The similarity of each batch entry.

    Raises:
      ValueError: If the shapes disagree.
    """
    source, target = tf.convert_to_tensor(source), tf.convert_to_tensor(target)
    checks.shape("source", source, (..., "points", 3))
    checks.shape("target", target, (..., source.shape[-2], 3))
    if weights is None:
        weights = tf.ones_like(source[..., 0])
    weights = tf.convert_to_tensor(weights)
    checks.shape("weights", weights, (..., source.shape[-2]))

    weights = tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=-1, keepdims=True))
    weights = weights[..., tf.newaxis]
    source_mean, source = _centre(source, weights)
    target_mean, target = _centre(target, weights)
    covariance = tf.matmul(weights * target, source, transpose_a=True)
    rotation = rotation_matrix.nearest(covariance)
    variance = tf.reduce_sum(weights * tf.square(source), axis=[-2, -1])
    stretch = tf.reduce_sum(rotation * covariance, axis=[-2, -1])
    scale = tf.math.divide_no_nan(stretch, variance)
    moved = scale[..., tf.newaxis] * tf.linalg.matvec(rotation, source_mean)
    return Similarity(scale, rotation, target_mean - moved)


def align(source: tf.Tensor, target: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Moves one point set onto another by the best similarity, as PA-MPJPE does before it measures.

    Args:
      source: (..., N, 3) the points to move.
      target: (..., N, 3) their counterparts.
      weights: (..., N), not negative; None weighs all alike.

    Returns:
      (..., N, 3) the source points, moved.

    Raises:
      ValueError: If the shapes disagree.
    """
    return fit(source, target, weights).apply(source)


def _centre(points: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The weighted mean, and the points from it; those of weight 0 are taken to lie at the mean."""
    points = tf.where(weights > 0.0, points, tf.zeros_like(points))
    mean = tf.reduce_sum(weights * points, axis=-2)
    return mean, tf.where(weights > 0.0, points - mean[..., tf.newaxis, :], tf.zeros_like(points))
