"""Weak-perspective views, in which many networks place people, and the perspective ones they match.

A view has one scale, in pixels per metre, and the pixel in which the origin is seen.

Convention: the camera frame and pixels are those of `hps_tf.geometry.camera`.
"""

import tensorflow as tf

from hps_tf.geometry import camera, checks


def project(points: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Projects points by weak perspective: (u, v) = scale (x, y) + offset.

    Args:
      points: (..., N, 3) metres, with the camera's axes.
      scale: (...) pixels per metre.
      offset: (..., 2) where the origin is seen, in pixels.

    Returns:
      (..., N, 2) pixels.

    Raises:
      ValueError: If the shapes do not fit.
    """
    points, offset = tf.convert_to_tensor(points), tf.convert_to_tensor(offset)
    scale = tf.convert_to_tensor(scale)
    checks.shape("points", points, (..., "points", 3))
    checks.shape("offset", offset, (..., 2))
    scale, offset = scale[..., tf.newaxis, tf.newaxis], offset[..., tf.newaxis, :]
    return scale * points[..., :2] + offset


def to_translation(scale: tf.Tensor, offset: tf.Tensor, intrinsics: tf.Tensor) -> tf.Tensor:
    """Places the origin of a weak-perspective view in front of a perspective camera.

    The two views agree in the origin and, for points at its depth, in scale: z = √(fx fy) / scale.

    Args:
      scale: (...) pixels per metre, positive.
      offset: (..., 2) where the origin is seen, in pixels.
      intrinsics: (..., 3, 3) of the perspective camera.

    Returns:
      (..., 3) translation in metres, in the camera frame.

    Raises:
      ValueError: If the shapes do not fit.
    """
    scale, offset = tf.convert_to_tensor(scale), tf.convert_to_tensor(offset)
    checks.shape("offset", offset, (..., 2))
    depth = _focal_length(intrinsics) / scale
    return camera.unproject(offset[..., tf.newaxis, :], depth[..., tf.newaxis], intrinsics)[
        ..., 0, :
    ]


def from_translation(translation: tf.Tensor, intrinsics: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds the weak-perspective view of a body placed in front of a perspective camera.

    Args:
      translation: (..., 3) metres in the camera frame, z > 0.
      intrinsics: (..., 3, 3) of the perspective camera.

    Returns:
      The scale (...) in pixels per metre and the offset (..., 2) in pixels.

    Raises:
      ValueError: If the shapes do not fit.
    """
    translation = tf.convert_to_tensor(translation)
    checks.shape("translation", translation, (..., 3))
    offset = camera.project(translation[..., tf.newaxis, :], intrinsics)[..., 0, :]
    return _focal_length(intrinsics) / translation[..., 2], offset


def _focal_length(intrinsics: tf.Tensor) -> tf.Tensor:
    """The one focal length, in pixels, that stands for fx and fy."""
    intrinsics = tf.convert_to_tensor(intrinsics)
    return tf.sqrt(intrinsics[..., 0, 0] * intrinsics[..., 1, 1])
