"""A batch of images with their labels, for training the network."""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.losses import PackedPixels


class SeenFeatures(NamedTuple):
    """Outputs of a frozen front end for images.

    Attributes:
      features: `(B, h, h, C)` float32.
      keypoints_2d: `(B, 17, 2)` pixels of the network's input.
      confidence: `(B, 17)` in 0..1.
    """

    features: tf.Tensor
    keypoints_2d: tf.Tensor
    confidence: tf.Tensor


class TrainBatch(NamedTuple):
    """Images, or what a frozen front end computed from them, and their labels.

    A nest of tensors whose first axis is the batch: `tf.data`, `tf.function`, `tf.nest` and
    `tf.distribute` take it as it is. Labels that an example lacks are zero, and so is their flag.

    Attributes:
      inputs: `(B, S, S, 3)` float32 images in 0..1, or `SeenFeatures`.
      intrinsics: `(B, 3, 3)` of the images' cameras, pixels.
      keypoints_2d: `(B, 17, 2)` COCO keypoints, pixels.
      keypoint_weights: `(B, 17)`, 0 of keypoints without a label.
      part_pixels: The body-part labels at the size of the network's maps, packed for the alignment
        loss; `part_pixels.part_labels` is `(B, h, h)` uint8.
      is_silhouette: `(B,)` 1 where the part labels cover the whole person.
      pose: `(B, 24, 3)` axis-angle, radians, the root's into the camera frame.
      shape: `(B, num_shape)`.
      translation: `(B, 3)` metres in the camera frame.
      markers_3d: `(B, 17, 3)` Human3.6M's joints, metres.
      has_keypoints: `(B,)` float32, 1 where keypoints are labelled.
      has_parts: `(B,)` the same of the parts.
      has_pose: `(B,)` the same of pose, shape and translation.
      has_markers: `(B,)` the same of the markers.
      frame: `(B,)` int64 number of the video frame.
      follows: `(B,)` 1 where an example is the next frame of the example before it.
    """

    inputs: tf.Tensor | SeenFeatures
    intrinsics: tf.Tensor
    keypoints_2d: tf.Tensor
    keypoint_weights: tf.Tensor
    part_pixels: PackedPixels
    is_silhouette: tf.Tensor
    pose: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    markers_3d: tf.Tensor
    has_keypoints: tf.Tensor
    has_parts: tf.Tensor
    has_pose: tf.Tensor
    has_markers: tf.Tensor
    frame: tf.Tensor
    follows: tf.Tensor
