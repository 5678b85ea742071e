"""Which matrices are a camera's intrinsics.

Convention: as in `camera`, K = [[fx, s, cx], [0, fy, cy], [0, 0, 1]] in pixels.
"""

import tensorflow as tf

from hps_tf.geometry import checks

MIN_FOCAL_LENGTH = 10.0
"""Pixels. Focal lengths counted in widths of the image, about 1, are shorter."""

MAX_NUMBER = 1e6

EXPECTED = (
    f"[[fx, s, cx], [0, fy, cy], [0, 0, 1]] in pixels, fx and fy at least {MIN_FOCAL_LENGTH:g}"
)
"""The form of a camera matrix, for messages."""


def is_sound(intrinsics: tf.Tensor) -> tf.Tensor:
    """Tells which matrices are intrinsics in pixels.

    Others are transposed ones, and those whose unit is the image's width.

    Args:
      intrinsics: (..., 3, 3).

    Returns:
      (...) bool.

    Raises:
      ValueError: If the last axes are not 3 and 3.
    """
    intrinsics = tf.convert_to_tensor(intrinsics)
    checks.shape("intrinsics", intrinsics, (..., 3, 3))
    # Comparisons with NaN are false.
    is_bounded = tf.reduce_all(tf.abs(intrinsics) < MAX_NUMBER, axis=(-2, -1))
    focal_lengths = tf.linalg.diag_part(intrinsics)[..., :2]
    is_last_row = intrinsics[..., 2, :] == tf.constant([0.0, 0.0, 1.0], intrinsics.dtype)
    return (
        is_bounded
        & tf.reduce_all(focal_lengths >= MIN_FOCAL_LENGTH, axis=-1)
        & (intrinsics[..., 1, 0] == 0.0)
        & tf.reduce_all(is_last_row, axis=-1)
    )
