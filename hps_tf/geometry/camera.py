"""Perspective cameras: projection, crops and conventions of the frame.

Convention: the camera frame is OpenCV's (x right, y down, z forward), in metres. Pixels are
(u, v) = (right, down) with pixel centres at integers. Intrinsics are the matrix
K = [[fx, s, cx], [0, fy, cy], [0, 0, 1]]. A box is (left, top, width, height) in pixels: it covers
the pixels left to left + width − 1, so its edges lie half a pixel outside their centres.
"""

from collections.abc import Sequence

import tensorflow as tf

from hps_tf.geometry import checks


def intrinsic_matrix(focal_length: tf.Tensor, principal_point: tf.Tensor) -> tf.Tensor:
    """Builds the intrinsics K of a camera without skew.

    Args:
      focal_length: (..., 2) fx and fy in pixels.
      principal_point: (..., 2) cx and cy in pixels.

    Returns:
      (..., 3, 3) intrinsics.

    Raises:
      ValueError: If a last axis is not 2.
    """
    focal_length = tf.convert_to_tensor(focal_length)
    principal_point = tf.convert_to_tensor(principal_point)
    checks.shape("focal_length", focal_length, (..., 2))
    checks.shape("principal_point", principal_point, (..., 2))
    fx, fy = tf.unstack(focal_length, axis=-1)
    cx, cy = tf.unstack(principal_point, axis=-1)
    zero, one = tf.zeros_like(fx), tf.ones_like(fx)
    rows = [[fx, zero, cx], [zero, fy, cy], [zero, zero, one]]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def project(points: tf.Tensor, intrinsics: tf.Tensor) -> tf.Tensor:
    """Projects points by perspective: u = fx x/z + s y/z + cx, v = fy y/z + cy.

    Args:
      points: (..., N, 3) metres in the camera frame, z > 0 (at z = 0 the result is infinite).
      intrinsics: (..., 3, 3); batch axes broadcast.

    Returns:
      (..., N, 2) pixels.

    Raises:
      ValueError: If the shapes do not fit.
    """
    points, intrinsics = tf.convert_to_tensor(points), tf.convert_to_tensor(intrinsics)
    checks.shape("points", points, (..., "points", 3))
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    slopes = points[..., :2] / points[..., 2:]
    offset = intrinsics[..., tf.newaxis, :2, 2]
    return tf.matmul(slopes, intrinsics[..., :2, :2], transpose_b=True) + offset


def safe_depth(depth: tf.Tensor, nearest: float) -> tf.Tensor:
    """Keeps depths positive, so that points beside and behind the camera can be projected.

    Args:
      depth: (...) z in metres.
      nearest: Metres; depths of at least this are unchanged.

    Returns:
      (...) the depth z, and n exp(z / n - 1) below n = `nearest`: positive and increasing, with a
      continuous slope.
    """
    behind = nearest * tf.exp(tf.minimum(depth, nearest) / nearest - 1.0)
    return tf.where(depth < nearest, behind, depth)


def in_front(points: tf.Tensor, nearest: float) -> tf.Tensor:
    """Moves points (..., 3) along z to their `safe_depth`, to be projected."""
    return tf.concat([points[..., :2], safe_depth(points[..., 2:], nearest)], axis=-1)


def viewing_slopes(pixels: tf.Tensor, intrinsics: tf.Tensor) -> tf.Tensor:
    """Turns pixels into the slopes x/z and y/z of their viewing rays.

    Args:
      pixels: (..., N, 2).
      intrinsics: (..., 3, 3); batch axes broadcast.

    Returns:
      (..., N, 2) slopes.

    Raises:
      ValueError: If the shapes do not fit.
    """
    pixels, intrinsics = tf.convert_to_tensor(pixels), tf.convert_to_tensor(intrinsics)
    checks.shape("pixels", pixels, (..., "points", 2))
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    matrix = intrinsics[..., tf.newaxis, :, :]
    y = (pixels[..., 1] - matrix[..., 1, 2]) / matrix[..., 1, 1]
    x = (pixels[..., 0] - matrix[..., 0, 2] - matrix[..., 0, 1] * y) / matrix[..., 0, 0]
    return tf.stack([x, y], axis=-1)


def unproject(pixels: tf.Tensor, depth: tf.Tensor, intrinsics: tf.Tensor) -> tf.Tensor:
    """Finds the points seen at given pixels and depths, the inverse of `project`.

    Args:
      pixels: (..., N, 2).
      depth: (..., N) z in metres.
      intrinsics: (..., 3, 3); batch axes broadcast.

    Returns:
      (..., N, 3) metres in the camera frame.

    Raises:
      ValueError: If the shapes do not fit.
    """
    slopes = viewing_slopes(pixels, intrinsics)
    depth = tf.convert_to_tensor(depth)
    checks.shape("depth", depth, (..., slopes.shape[-2]))
    depth = depth[..., tf.newaxis]
    return depth * tf.concat([slopes, tf.ones_like(slopes[..., :1])], axis=-1)


def crop_points(pixels: tf.Tensor, box: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Turns pixels of the full frame into pixels of a crop that was resized.

    Args:
      pixels: (..., N, 2) in the full frame.
      box: (..., 4) left, top, width, height in the full frame.
      size: Height and width of the resized crop.

    Returns:
      (..., N, 2) pixels of the crop.

    Raises:
      ValueError: If the shapes do not fit.
    """
    pixels = tf.convert_to_tensor(pixels)
    checks.shape("pixels", pixels, (..., "points", 2))
    scale, offset = _crop(box, size)
    return scale[..., tf.newaxis, :] * pixels + offset[..., tf.newaxis, :]


def uncrop_points(pixels: tf.Tensor, box: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Turns pixels of a resized crop into pixels of the full frame, the inverse of `crop_points`.

    Args:
      pixels: (..., N, 2) in the crop.
      box: (..., 4) left, top, width, height in the full frame.
      size: Height and width of the resized crop.

    Returns:
      (..., N, 2) pixels of the full frame.

    Raises:
      ValueError: If the shapes do not fit.
    """
    pixels = tf.convert_to_tensor(pixels)
    checks.shape("pixels", pixels, (..., "points", 2))
    scale, offset = _crop(box, size)
    return (pixels - offset[..., tf.newaxis, :]) / scale[..., tf.newaxis, :]


def crop_intrinsics(intrinsics: tf.Tensor, box: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Finds the intrinsics that project into a resized crop of the full frame.

    Args:
      intrinsics: (..., 3, 3) of the full frame.
      box: (..., 4) left, top, width, height in the full frame.
      size: Height and width of the resized crop.

    Returns:
      (..., 3, 3) intrinsics of the crop.

    Raises:
      ValueError: If the shapes do not fit.
    """
    scale, offset = _crop(box, size)
    return _rescale(intrinsics, scale, offset)


def uncrop_intrinsics(intrinsics: tf.Tensor, box: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Finds the full frame's intrinsics from those of a crop, the inverse of `crop_intrinsics`.

    Args:
      intrinsics: (..., 3, 3) of the crop.
      box: (..., 4) left, top, width, height in the full frame.
      size: Height and width of the resized crop.

    Returns:
      (..., 3, 3) intrinsics of the full frame.

    Raises:
      ValueError: If the shapes do not fit.
    """
    scale, offset = _crop(box, size)
    return _rescale(intrinsics, 1.0 / scale, -offset / scale)


def opencv_to_opengl(points: tf.Tensor) -> tf.Tensor:
    """Turns camera-frame points from OpenCV's axes into OpenGL's (x right, y up, z backward).

    Args:
      points: (..., 3) points or directions.

    Returns:
      (..., 3).

    Raises:
      ValueError: If the last axis is not 3.
    """
    points = tf.convert_to_tensor(points)
    checks.shape("points", points, (..., 3))
    return points * tf.constant([1.0, -1.0, -1.0], points.dtype)


def opengl_to_opencv(points: tf.Tensor) -> tf.Tensor:
    """Turns camera-frame points from OpenGL's axes into OpenCV's (x right, y down, z forward).

    Args:
      points: (..., 3) points or directions.

    Returns:
      (..., 3).

    Raises:
      ValueError: If the last axis is not 3.
    """
    return opencv_to_opengl(points)  # Half a turn about x is its own inverse.


def _crop(box: tf.Tensor, size: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """The map of full-frame pixels into the crop: scale (..., 2) and offset (..., 2).

    Edges map to edges, and the first pixel's edge is at −½ in both:
    u' + ½ = (u + ½ − left) · width' / width.
    """
    box = tf.convert_to_tensor(box)
    checks.shape("box", box, (..., 4))
    height, width = size
    scale = tf.constant([width, height], box.dtype) / box[..., 2:]
    return scale, scale * (0.5 - box[..., :2]) - 0.5


def _rescale(intrinsics: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Follows a projection by the pixel map u → scale u + offset."""
    intrinsics = tf.convert_to_tensor(intrinsics)
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    pixel_rows = scale[..., tf.newaxis] * intrinsics[..., :2, :]
    pixel_rows += offset[..., tf.newaxis] * intrinsics[..., 2:, :]
    last = tf.broadcast_to(intrinsics[..., 2:, :], tf.shape(pixel_rows[..., :1, :]))
    return tf.concat([pixel_rows, last], axis=-2)
