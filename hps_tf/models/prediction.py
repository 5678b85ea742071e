"""Predicted people.

Convention: metres in OpenCV's camera frame, pixels of the input image.
"""

from typing import NamedTuple

import tensorflow as tf


class Prediction(NamedTuple):
    """People, one per image.

    Attributes:
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the camera frame.
      shape: `(B, num_shape)`.
      translation: `(B, 3)` metres.
      vertices: `(B, V, 3)` metres in the camera frame.
      joints: `(B, 24, 3)` metres in the camera frame.
      keypoints_3d: `(B, 17, 3)` COCO keypoints, metres in the camera frame.
      keypoints_2d: `(B, 17, 2)` their projections, pixels.
      pose_vector: `(B, D)` the pose output: latents of the prior, or a vector of the pose space.
    """

    rotation_matrices: tf.Tensor
    shape: tf.Tensor
    translation: tf.Tensor
    vertices: tf.Tensor
    joints: tf.Tensor
    keypoints_3d: tf.Tensor
    keypoints_2d: tf.Tensor
    pose_vector: tf.Tensor
