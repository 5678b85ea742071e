"""People from MoveNet MultiPose's maps.

People are the peaks of the centre map. Fields say where the keypoints of each are about; a keypoint
is the peak, inside the person's box, of its heatmap times a Gaussian around there, as in Google's
graph.

Convention: pixels of the network's image, counted from its edge, x before y.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from hps_tf.detection import map_pixels
from hps_tf.detection.movenet import NUM_KEYPOINTS, STRIDE

PEAK_SIZE = 5
PEAK_TOLERANCE = 1e-6
"""A centre is a peak where it is no less than its neighbourhood's largest, but for this much."""

GAUSSIAN_SHARE = 0.3
"""Square of the Gaussian's length, in pixels of the map, per pixel of its shorter side."""

LEAST_CONFIDENCE = 0.127
"""Keypoints that count for a person's score have more."""


class Poses(NamedTuple):
    """P people of each image.

    Attributes:
      boxes: `(B, P, 4)` left, top, width and height.
      keypoints: `(B, P, 17, 2)`.
      confidence: `(B, P, 17)`, 0..1.
      score: `(B, P)`, 0..1.
    """

    boxes: tf.Tensor
    keypoints: tf.Tensor
    confidence: tf.Tensor
    score: tf.Tensor


def decode(maps: Mapping[str, tf.Tensor], num_people: int) -> Poses:
    """Finds the people of the highest centre peaks.

    Args:
      maps: Output of `movenet.multipose`.
      num_people: P; Google's graph has 6.

    Returns:
      The people; where there are fewer peaks, the last have score 0.
    """
    shape = tf.shape(maps["centers"])
    height, width = shape[1], shape[2]
    centers = tf.sigmoid(maps["centers"])
    is_peak = tf.nn.max_pool2d(centers, PEAK_SIZE, 1, "SAME") - centers < PEAK_TOLERANCE
    peaks = map_pixels.flat(tf.where(is_peak, centers, 0.0))[..., 0]
    centrality, center = tf.math.top_k(peaks, num_people)

    def at_centers(name: str) -> tf.Tensor:
        return tf.gather(map_pixels.flat(maps[name]), center, batch_dims=1)

    places = map_pixels.row_and_column(center, width)
    extent = tf.cast(tf.stack([height, width]), tf.float32)
    middle = places + at_centers("box_offsets")
    half_size = 0.5 * tf.maximum(at_centers("box_sizes"), 0.0)
    first = tf.clip_by_value(middle - half_size, 0.0, extent)
    last = tf.clip_by_value(middle + half_size, 0.0, extent)
    fields = tf.reshape(at_centers("fields"), (-1, num_people, NUM_KEYPOINTS, 2))
    about = places[:, :, tf.newaxis] + fields

    def nearness(axis: int, length: tf.Tensor) -> tf.Tensor:
        """Weight `(B, P, 17, length)` of each row or column; zero outside the box."""
        pixels = tf.range(tf.cast(length, tf.float32))
        squares = (pixels - about[..., axis, tf.newaxis]) ** 2
        is_inside = (first[..., axis, tf.newaxis] <= pixels) & (
            pixels < last[..., axis, tf.newaxis]
        )
        gaussian = tf.exp(-squares / (GAUSSIAN_SHARE * tf.reduce_min(extent)))
        return tf.where(is_inside[:, :, tf.newaxis], gaussian, 0.0)

    heat = tf.transpose(tf.sigmoid(maps["heatmaps"]), (0, 3, 1, 2))[:, tf.newaxis]
    rows = nearness(0, height)[..., :, tf.newaxis]
    columns = nearness(1, width)[..., tf.newaxis, :]
    likely = tf.reshape(heat * rows * columns, (-1, num_people, NUM_KEYPOINTS, height * width))
    peak = tf.argmax(likely, axis=-1, output_type=tf.int32)
    # As in Google's graph, a keypoint that two people share is as sure as for the surer of them.
    by_keypoint = tf.transpose(peak, (0, 2, 1))
    confidence = tf.gather(tf.reduce_max(likely, axis=1), by_keypoint, batch_dims=2)
    offsets = tf.gather(map_pixels.keypoint_maps(maps["offsets"]), by_keypoint, batch_dims=2)
    keypoints = map_pixels.row_and_column(by_keypoint, width) + offsets
    confidence = tf.transpose(confidence, (0, 2, 1))
    return Poses(
        boxes=STRIDE * tf.concat([first[..., ::-1], (last - first)[..., ::-1]], axis=-1),
        keypoints=STRIDE * tf.transpose(keypoints, (0, 2, 1, 3))[..., ::-1],
        confidence=confidence,
        score=centrality * _mean_of_sure(confidence),
    )


def _mean_of_sure(confidence: tf.Tensor) -> tf.Tensor:
    is_sure = confidence > LEAST_CONFIDENCE
    total = tf.reduce_sum(tf.where(is_sure, confidence, 0.0), axis=-1)
    count = tf.math.count_nonzero(is_sure, axis=-1, dtype=tf.float32)
    return tf.math.divide_no_nan(total, count)
