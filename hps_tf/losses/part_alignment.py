"""Body-part alignment of bodies in images, L_BA (Zanfir et al. 2020, Eq. 7)."""

import math

import numpy as np
import tensorflow as tf

from hps_tf.body.parts import NUM_PARTS
from hps_tf.geometry import camera
from hps_tf.losses.alignment import alignment_loss
from hps_tf.losses.part_pixels import PackedPixels, pack_part_pixels

_MIN_DEPTH = 0.1
"""Metres; vertices nearer to the camera's plane take no part."""

_CPU_SHARDS = 2
"""XLA uses little more than one core per shard, and the loss is the dearest of a step."""


def packed_labels(part_labels: tf.Tensor) -> PackedPixels:
    """Packs `(B, h, h)` part labels with sizes that every label map of the side h fits in."""
    pixels = int(np.prod(part_labels.shape[1:]))
    return pack_part_pixels(part_labels, pixels // 128 + NUM_PARTS, pixels // 64 + NUM_PARTS)


def project_to_maps(vertices: tf.Tensor, intrinsics: tf.Tensor, map_stride: int) -> tf.Tensor:
    """Projects vertices into the pixels of part maps.

    Args:
      vertices: `(B, V, 3)` metres in the camera frame.
      intrinsics: `(B, 3, 3)` of the images.
      map_stride: Pixels of the image per pixel of the maps, along a side.

    Returns:
      `(B, V, 3)`: x and y in pixels of the maps, and depth in metres.
    """
    pixels = camera.project(camera.in_front(vertices, _MIN_DEPTH), intrinsics)
    return tf.concat([(pixels + 0.5) / map_stride - 0.5, vertices[..., 2:]], axis=-1)


class PartAlignment:
    """Distance of bodies from part maps, mean over parts.

    Args:
      vertex_parts: `(V,)` part of each vertex, 1..14; 0 is no part.
      map_size: Side of the part maps, h.
    """

    def __init__(self, vertex_parts: np.ndarray, map_size: int):
        self._vertex_parts = vertex_parts
        self._map_size = map_size
        self._num_shards = 1 if tf.config.list_logical_devices("GPU") else _CPU_SHARDS

    def __call__(
        self, vertices: tf.Tensor, packed: PackedPixels, part_weights: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Computes the distance as a share of the maps' side.

        Args:
          vertices: `(B, V, 3)` of `project_to_maps`.
          packed: The pixels of the part labels.
          part_weights: `(B, 14)`, by default 1.

        Returns:
          `(B,)`.
        """
        aligned = alignment_loss(
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

    def with_predicted_parts(self, vertices: tf.Tensor, part_maps: tf.Tensor) -> tf.Tensor:
        """Computes the distance from predicted parts, each weighted by its mean confidence.

        Args:
          vertices: `(B, V, 3)` of `project_to_maps`.
          part_maps: `(B, h, h, 15)` logits of a network; they get no gradient.

        Returns:
          `(B,)`.
        """
        likely = tf.stop_gradient(tf.nn.softmax(tf.cast(part_maps, tf.float32)))
        labels = tf.argmax(likely, axis=-1, output_type=tf.int32)
        is_part = tf.one_hot(labels, NUM_PARTS + 1)
        confidence = tf.math.divide_no_nan(
            tf.einsum("bhwk,bhwk->bk", likely, is_part), tf.reduce_sum(is_part, axis=(1, 2))
        )
        return self(vertices, packed_labels(tf.cast(labels, tf.uint8)), confidence[:, 1:])
