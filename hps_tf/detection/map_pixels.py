"""Pixels of MoveNet's maps, by their place in row-major order."""

import tensorflow as tf

from hps_tf.detection.movenet import NUM_KEYPOINTS


def flat(maps: tf.Tensor) -> tf.Tensor:
    """Puts the pixels of `(B, H, W, C)` maps in one axis, `(B, H * W, C)`."""
    shape = tf.shape(maps)
    return tf.reshape(maps, (shape[0], shape[1] * shape[2], maps.shape[3]))


def keypoint_maps(maps: tf.Tensor) -> tf.Tensor:
    """Rearranges `(B, H, W, 34)` rows and columns of keypoints as `(B, 17, H * W, 2)`."""
    shape = tf.shape(maps)
    pairs = tf.reshape(maps, (shape[0], shape[1] * shape[2], NUM_KEYPOINTS, 2))
    return tf.transpose(pairs, (0, 2, 1, 3))


def row_and_column(index: tf.Tensor, width: tf.Tensor | int) -> tf.Tensor:
    """Finds the row and the column, `(..., 2)` float32, of pixels `(...)`."""
    return tf.cast(tf.stack([index // width, index % width], axis=-1), tf.float32)
