"""People that MoveNet MultiPose takes an image to show, seen at two sizes.

At the coarse size close-ups are found, at the fine one small people; large images are seen larger,
as only they can hold people who are not seen otherwise.

Convention: pixels of the image, centres at integers; boxes are left, top, width and height.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from hps_tf.detection import multi_pose, oks, views

COARSE_SIDE = 256.0
FINE_SIDE = 512.0
FINEST_SIDE = 768.0
"""Pixels of the longer side of what the network sees; the finest is for large images."""

LARGE_IMAGE = 1024
"""Pixels of the longer side of a large image."""

NUM_PEAKS = 20
"""People looked for at each size."""

DUPLICATE = 0.5
"""Similarity from which on two poses are one person's."""


class Candidates(NamedTuple):
    """N people.

    Attributes:
      boxes: `(N, 4)`.
      keypoints: `(N, 17, 2)`.
      confidence: `(N, 17)`, 0..1.
      score: `(N,)`, 0..1.
    """

    boxes: tf.Tensor
    keypoints: tf.Tensor
    confidence: tf.Tensor
    score: tf.Tensor

    def best(self, count: tf.Tensor | int, least_score: float) -> "Candidates":
        """Keeps the likeliest people, each once.

        Args:
          count: How many at most.
          least_score: Lower limit of their score.

        Returns:
          They, the likeliest first.
        """
        weights = self.confidence[:, tf.newaxis] * self.confidence
        similarity = oks.between(self.keypoints, self.keypoints, weights, self.boxes)
        kept = tf.image.non_max_suppression_overlaps(
            similarity, self.score, count, DUPLICATE, least_score
        )
        return Candidates(*(tf.gather(values, kept) for values in self))


def find(multipose: keras.Model, image: tf.Tensor) -> Candidates:
    """Finds people, some of them more than once.

    Args:
      multipose: `movenet.multipose` with weights.
      image: `(H, W, 3)`, values 0..255.

    Returns:
      The people, in no order.
    """
    size = tf.shape(image)[:2]
    is_large = tf.reduce_max(size) >= LARGE_IMAGE

    @tf.function(autograph=False)  # The network is traced once for both sizes.
    def seen(longer_side: tf.Tensor) -> Candidates:
        view = views.whole(size, longer_side)
        maps = multipose(view.cut(image)[tf.newaxis], training=False)
        poses = multi_pose.decode(maps, NUM_PEAKS)
        return Candidates(
            view.boxes_in_image(poses.boxes[0]),
            view.points_in_image(poses.keypoints[0]),
            poses.confidence[0],
            poses.score[0],
        )

    coarse = seen(tf.constant(COARSE_SIDE))
    fine = seen(tf.where(is_large, FINEST_SIDE, FINE_SIDE))
    return Candidates(*(tf.concat(values, axis=0) for values in zip(coarse, fine, strict=True)))
