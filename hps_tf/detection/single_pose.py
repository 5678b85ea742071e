"""One person's keypoints from MoveNet Thunder's maps.

The centre nearest to the image's middle says where the person's keypoints are about; each keypoint
is the peak of its heatmap near there. Both prefer the near to the far by a weight that falls with
the distance, as in Google's graph.

Convention: pixels of the network's image, counted from its edge, x before y.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from hps_tf.detection import map_pixels
from hps_tf.detection.movenet import NUM_KEYPOINTS, STRIDE

SOFTENING = 1.8
"""Pixels of the map that are added to a distance before its reciprocal is a weight."""


class Pose(NamedTuple):
    """Keypoints `(B, 17, 2)`, pixels, and their confidence `(B, 17)`, 0..1."""

    keypoints: tf.Tensor
    confidence: tf.Tensor


def decode(maps: Mapping[str, tf.Tensor]) -> Pose:
    """Finds the keypoints of the person nearest to the middle.

    Args:
      maps: Output of `movenet.thunder`.

    Returns:
      The keypoints.
    """
    heat = tf.sigmoid(maps["heatmaps"])
    _, height, width, _ = heat.shape
    pixels = map_pixels.row_and_column(tf.range(height * width), width)

    def nearness(places: tf.Tensor) -> tf.Tensor:
        """Weight of each pixel for places `(..., 2)`: `(..., H * W)`."""
        squares = (pixels - places[..., tf.newaxis, :]) ** 2
        return 1.0 / (tf.sqrt(tf.reduce_sum(squares, axis=-1)) + SOFTENING)

    centers = map_pixels.flat(tf.sigmoid(maps["centers"]))[..., 0]
    middle = tf.constant([height / 2, width / 2])
    center = tf.argmax(centers * nearness(middle), axis=-1, output_type=tf.int32)
    fields = tf.gather(map_pixels.flat(maps["fields"]), center, batch_dims=1)
    about = map_pixels.row_and_column(center, width)[:, tf.newaxis]
    about += tf.reshape(fields, (-1, NUM_KEYPOINTS, 2))

    likely = tf.transpose(map_pixels.flat(heat), (0, 2, 1))
    peak = tf.argmax(likely * nearness(about), axis=-1, output_type=tf.int32)
    offsets = tf.gather(map_pixels.keypoint_maps(maps["offsets"]), peak, batch_dims=2)
    places = map_pixels.row_and_column(peak, width) + offsets
    return Pose(STRIDE * places[..., ::-1], tf.gather(likely, peak, batch_dims=2))
