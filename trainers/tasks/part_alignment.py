"""Body-part alignment of the network's bodies, L_BA (Zanfir et al. 2020, Eq. 7)."""

import math

import numpy as np
import tensorflow as tf

from hps_tf import losses
from hps_tf.body import BodyModel
from hps_tf.body.parts import NUM_PARTS
from hps_tf.losses import PackedPixels
from hps_tf.models import NetworkOptions

_MIN_DEPTH = 0.1
"""Metres; vertices nearer to the camera's plane take no part."""

_CPU_SHARDS = 2
"""XLA uses little more than one core for a shard, and the loss is the dearest of a step."""


def on_maps(vertices: tf.Tensor, intrinsics: tf.Tensor, map_stride: int) -> tf.Tensor:
    """Projects vertices on the part maps.

    Args:
      vertices: `(B, V, 3)` metres in the camera frame.
      intrinsics: `(B, 3, 3)` of the images.
      map_stride: Pixels of the image a pixel of the maps, along a side.

    Returns:
      `(B, V, 3)`: x and y in pixels of the maps, and depth in metres.
    """
    slopes = vertices[..., :2] / tf.maximum(vertices[..., 2:], _MIN_DEPTH)
    pixels = tf.matmul(slopes, intrinsics[:, :2, :2], transpose_b=True)
    pixels += intrinsics[:, tf.newaxis, :2, 2]
    return tf.concat([(pixels + 0.5) / map_stride - 0.5, vertices[..., 2:]], axis=-1)


class PartAlignment:
    """Measures how far bodies and part maps are from each other.

    Args:
      body: The body model.
      options: The network's options.
    """

    def __init__(self, body: BodyModel, options: NetworkOptions):
        self._vertex_parts = body.vertex_parts
        self._map_size = options.map_size
        self._num_shards = 1 if tf.config.list_logical_devices("GPU") else _CPU_SHARDS

    def __call__(
        self, vertices: tf.Tensor, packed: PackedPixels, part_weights: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Gives the mean over parts, as a share of the maps' side.

        Args:
          vertices: `(B, V, 3)` of `on_maps`.
          packed: The pixels of the part labels.
          part_weights: `(B, 14)`, by default one each.

        Returns:
          `(B,)`.
        """
        aligned = losses.alignment_loss(
            vertices[..., :2],
            packed,
            self._vertex_parts,
            reduction="part_mean",
            truncation=self._map_size / 2.0,
            vertex_weights=tf.cast(vertices[..., 2] > _MIN_DEPTH, tf.float32),
            part_weights=part_weights,
            num_shards=math.gcd(vertices.shape[0] or 1, self._num_shards),
        )
        total = aligned.pixels_to_vertices + aligned.vertices_to_pixels
        return total / (NUM_PARTS * self._map_size)

    def with_own_parts(self, vertices: tf.Tensor, part_maps: tf.Tensor) -> tf.Tensor:
        """The same with the parts that the network has found, each weighted by its confidence.

        Args:
          vertices: `(B, V, 3)` of `on_maps`.
          part_maps: `(B, H, W, 15)` logits of the network; they get no gradient.

        Returns:
          `(B,)`.
        """
        likely = tf.stop_gradient(tf.nn.softmax(tf.cast(part_maps, tf.float32)))
        labels = tf.argmax(likely, axis=-1, output_type=tf.int32)
        pixels = int(np.prod(labels.shape[1:]))
        packed = losses.pack_part_pixels(
            tf.cast(labels, tf.uint8), pixels // 128 + NUM_PARTS, pixels // 64 + NUM_PARTS
        )
        is_part = tf.one_hot(labels, NUM_PARTS + 1)
        confidence = tf.math.divide_no_nan(
            tf.einsum("bhwk,bhwk->bk", likely, is_part), tf.reduce_sum(is_part, axis=(1, 2))
        )
        return self(vertices, packed, confidence[:, 1:])
