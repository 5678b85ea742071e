"""MoveNet Thunder in the place of backbone and keypoint module, frozen.

Convention: pixels of the network's image, centres at integers.
"""

import hashlib

import keras
import numpy as np
import tensorflow as tf

from hps_tf.detection import default_detector, single_pose

NUM_FEATURES = 24
"""Channels of the features."""

#: What a front end finds in images, by name.
OUTPUTS = ("features", "heatmaps_1", "keypoints_2d", "confidence")


class FrontEnd:
    """Features, heatmaps and keypoints of the person nearest to the middle of an image.

    Attributes:
      model: Thunder.
    """

    def __init__(self):
        self.model: keras.Model = default_detector.thunder()

    def __call__(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Finds what later modules see.

        Args:
          images: `(B, 256, 256, 3)` in 0..1.

        Returns:
          `features` (B, 64, 64, 24), `heatmaps_1` (B, 64, 64, 17) logits of a sigmoid, everybody's,
          `keypoints_2d` (B, 17, 2) and their `confidence` (B, 17) in 0..1; float32.
        """
        maps = self.model(255.0 * tf.cast(images, tf.float32), training=False)
        pose = single_pose.decode(maps)
        # MoveNet counts from the image's edge.
        keypoints = pose.keypoints - 0.5
        found = (maps["features"], maps["heatmaps"], keypoints, pose.confidence)
        return dict(zip(OUTPUTS, found, strict=True))

    @property
    def digest(self) -> str:
        """The sha256 of the weights, float32, in the order of the model's."""
        return weights_digest(self.model)


def weights_digest(model: keras.Model) -> str:
    """The sha256 of a model's weights, float32, in their order, in hexadecimal digits."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.ascontiguousarray(weight.numpy(), np.float32).tobytes())
    return digest.hexdigest()
