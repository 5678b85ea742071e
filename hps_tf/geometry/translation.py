"""A person's translation in front of the camera, from 3D joints and their 2D detections.

Convention: metres in OpenCV's camera frame; pixels as in `camera`. The joints are those of the body
turned as the camera sees it, at translation 0; the answer is what to add to them.

Two visible joints at different pixels determine the translation. With fewer the depth is unknown:
the one visible joint, or for none the origin, is put at the depth `fallback_depth`, on its viewing
ray or on the optical axis.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.geometry import camera, checks

# Joints spread less than this about their centroid, in metres or in the slopes of their viewing
# rays (a thousandth of a pixel), count as one point, which determines no depth.
_MIN_SPREAD = 1e-6

# The second pass weighs by depths that no longer suffer from strong perspective.
_NUM_PASSES = 2


def from_weak_perspective(
    joints_3d: tf.Tensor,
    joints_2d: tf.Tensor,
    confidence: tf.Tensor,
    intrinsics: tf.Tensor,
    fallback_depth: float = 5.0,
) -> tf.Tensor:
    """Estimates the translation by weak perspective, in closed form (Zanfir et al. 2020, §2.3).

    The joints' centroid is put on the ray of the detections' centroid, at the depth at which the
    body is as large as it is seen. Sizes are compared by root mean square, so the depth is positive
    however wrong the body's orientation still is. Exact for a body flat in depth.

    Args:
      joints_3d: (..., J, 3) metres, with the camera's axes.
      joints_2d: (..., J, 2) pixels.
      confidence: (..., J), not negative; 0 marks a missing joint, whose coordinates are
        ignored.
      intrinsics: (..., 3, 3).
      fallback_depth: Metres, used where depth cannot be determined from the joints.

    Returns:
      (..., 3) translation in metres; batch axes broadcast.

    Raises:
      ValueError: If the shapes do not fit.
    """
    observed = _observe(joints_3d, joints_2d, confidence, intrinsics)
    return _weak_perspective(observed, fallback_depth)


def from_perspective(
    joints_3d: tf.Tensor,
    joints_2d: tf.Tensor,
    confidence: tf.Tensor,
    intrinsics: tf.Tensor,
    fallback_depth: float = 5.0,
) -> tf.Tensor:
    """Estimates the translation by linear least squares (Zanfir et al. 2020, §2.3).

    A joint X seen along the slopes x, y satisfies X₁ + t₁ = x (X₃ + t₃) and X₂ + t₂ = y (X₃ + t₃),
    linear in t. Dividing each equation by the joint's depth, known from the weak-perspective
    estimate and then from a first solution, makes its residual the reprojection error. Exact for
    exact detections. Where noise or a wrong orientation makes the result reproject worse than the
    weak-perspective estimate, or puts a visible joint behind the camera, that estimate is returned.

    Args:
      joints_3d: (..., J, 3) metres, with the camera's axes.
      joints_2d: (..., J, 2) pixels.
      confidence: (..., J), not negative; weighs the squared errors; where 0 the joint is missing
        and may hold anything.
      intrinsics: (..., 3, 3).
      fallback_depth: Metres, used where depth cannot be determined from the joints.

    Returns:
      (..., 3) translation in metres; batch axes broadcast.

    Raises:
      ValueError: If the shapes do not fit.
    """
    observed = _observe(joints_3d, joints_2d, confidence, intrinsics)
    start = _weak_perspective(observed, fallback_depth)
    refined = start
    for _ in range(_NUM_PASSES):
        refined = _least_squares(observed, observed.depths(refined))
    improves = _reprojection_error(observed, refined) < _reprojection_error(observed, start)
    is_better = observed.tells_depth() & improves
    return tf.where(is_better[..., tf.newaxis], refined, start)


class _Observed(NamedTuple):
    """Joints and the viewing rays they were seen along; missing ones are finite and weigh 0."""

    joints: tf.Tensor  # (..., J, 3)
    slopes: tf.Tensor  # (..., J, 2)
    weights: tf.Tensor  # (..., J, 1)

    def depths(self, translation: tf.Tensor) -> tf.Tensor:
        """The joints' depths (..., J, 1) at a translation."""
        return self.joints[..., 2:] + translation[..., tf.newaxis, 2:]

    def spreads(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The mean squared distances (...) from the centroid across the view: body, image."""
        return _spread(self.joints[..., :2], self.weights), _spread(self.slopes, self.weights)

    def tells_depth(self) -> tf.Tensor:
        """Whether (...) at least two joints are visible, apart in the body and in the image."""
        num_visible = tf.math.count_nonzero(self.weights > 0.0, axis=[-2, -1])
        body, image = self.spreads()
        return (num_visible >= 2) & (body > _MIN_SPREAD**2) & (image > _MIN_SPREAD**2)


def _observe(
    joints_3d: tf.Tensor, joints_2d: tf.Tensor, confidence: tf.Tensor, intrinsics: tf.Tensor
) -> _Observed:
    joints_3d, joints_2d = tf.convert_to_tensor(joints_3d), tf.convert_to_tensor(joints_2d)
    confidence = tf.convert_to_tensor(confidence)
    checks.shape("joints_3d", joints_3d, (..., "joints", 3))
    checks.shape("joints_2d", joints_2d, (..., joints_3d.shape[-2], 2))
    checks.shape("confidence", confidence, (..., joints_3d.shape[-2]))
    weights = confidence[..., tf.newaxis]
    is_visible = weights > 0.0
    joints_3d = tf.where(is_visible, joints_3d, tf.zeros_like(joints_3d))
    joints_2d = tf.where(is_visible, joints_2d, tf.zeros_like(joints_2d))
    return _Observed(joints_3d, camera.viewing_slopes(joints_2d, intrinsics), weights)


def _weak_perspective(observed: _Observed, fallback_depth: float) -> tf.Tensor:
    tells_depth = observed.tells_depth()
    body, image = (tf.where(tells_depth, s, tf.ones_like(s)) for s in observed.spreads())
    fallback = tf.constant(fallback_depth, body.dtype)
    depth = tf.where(tells_depth, tf.sqrt(body / image), fallback)[..., tf.newaxis]
    ray = _mean(observed.slopes, observed.weights)
    centroid = depth * tf.concat([ray, tf.ones_like(ray[..., :1])], axis=-1)
    return centroid - _mean(observed.joints, observed.weights)


def _least_squares(observed: _Observed, depths: tf.Tensor) -> tf.Tensor:
    """Solves t₁ − x t₃ = x X₃ − X₁ and t₂ − y t₃ = y X₃ − X₂, each divided by the joint's depth."""
    weights = tf.math.divide_no_nan(observed.weights, tf.square(depths))
    constants = observed.slopes * observed.joints[..., 2:] - observed.joints[..., :2]
    # Given t₃, the best t₁ and t₂ are means over the joints; what remains is the slope of a line
    # through the centred values.
    mean_slopes, mean_constants = _mean(observed.slopes, weights), _mean(constants, weights)
    slopes = observed.slopes - mean_slopes[..., tf.newaxis, :]
    constants -= mean_constants[..., tf.newaxis, :]
    depth = -tf.math.divide_no_nan(
        tf.reduce_sum(weights * slopes * constants, axis=[-2, -1]),
        tf.reduce_sum(weights * tf.square(slopes), axis=[-2, -1]),
    )[..., tf.newaxis]
    return tf.concat([mean_constants + mean_slopes * depth, depth], axis=-1)


def _reprojection_error(observed: _Observed, translation: tf.Tensor) -> tf.Tensor:
    """The weighted squared error (...) in slopes; infinite if a visible joint is not in front."""
    depths = observed.depths(translation)
    across = observed.joints[..., :2] + translation[..., tf.newaxis, :2]
    errors = tf.square(tf.math.divide_no_nan(across, depths) - observed.slopes)
    error = tf.reduce_sum(observed.weights * errors, axis=[-2, -1])
    is_behind = tf.reduce_any((depths <= 0.0) & (observed.weights > 0.0), axis=[-2, -1])
    return tf.where(is_behind, tf.constant(float("inf"), error.dtype), error)


def _mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weighted mean over joints, (..., J, C) to (..., C); 0 where no joint has weight."""
    total = tf.reduce_sum(weights, axis=-2)
    return tf.math.divide_no_nan(tf.reduce_sum(weights * values, axis=-2), total)


def _spread(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weighted mean squared distance from the mean, (..., J, C) to (...)."""
    distances = tf.square(values - _mean(values, weights)[..., tf.newaxis, :])
    return tf.reduce_sum(_mean(distances, weights), axis=-1)
