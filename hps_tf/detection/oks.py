"""Object keypoint similarity: how near two sets of keypoints lie, by COCO's measure.

Convention: pixels; areas are those of people, not of their boxes.
"""

import tensorflow as tf

#: Twice COCO's standard deviations of annotators, as shares of the root of a person's area.
TOLERANCES = (
    0.052, 0.05, 0.05, 0.07, 0.07, 0.158, 0.158, 0.144, 0.144, 0.124, 0.124, 0.214, 0.214, 0.174,
    0.174, 0.178, 0.178,
)  # fmt: skip

AREA_SHARE = 0.53
"""Area of a person in its box's, about."""

_LEAST_AREA = 1.0


def similarity(
    first: tf.Tensor, second: tf.Tensor, area: tf.Tensor, weights: tf.Tensor
) -> tf.Tensor:
    """Compares keypoints (COCO's evaluation of keypoints, OKS).

    Args:
      first: `(..., 17, 2)`, pixels.
      second: The same.
      area: `(...)` of the person, square pixels; at least one is taken.
      weights: `(..., 17)` what each keypoint counts, not negative.

    Returns:
      `(...)` in 0..1, and 0 where all weights are.
    """
    squares = tf.reduce_sum((first - second) ** 2, axis=-1)
    variance = tf.maximum(area, _LEAST_AREA)[..., tf.newaxis] * tf.constant(TOLERANCES) ** 2
    near = tf.exp(-0.5 * squares / variance)
    total = tf.reduce_sum(weights, axis=-1)
    return tf.math.divide_no_nan(tf.reduce_sum(weights * near, axis=-1), total)


def between(
    keypoints: tf.Tensor, others: tf.Tensor, weights: tf.Tensor, boxes: tf.Tensor
) -> tf.Tensor:
    """Compares the poses of people with other poses of the same people.

    Args:
      keypoints: `(P, 17, 2)`, pixels.
      others: `(P, 17, 2)`.
      weights: `(P, P, 17)` of the keypoints of each pair, or what spreads to it.
      boxes: `(P, 4)` left, top, width and height.

    Returns:
      `(P, P)`: row i, column j is the similarity of `keypoints[i]` to `others[j]`, with the area of
      the larger box of the two.
    """
    area = AREA_SHARE * boxes[:, 2] * boxes[:, 3]
    larger = tf.maximum(area[:, tf.newaxis], area)
    return similarity(keypoints[:, tf.newaxis], others, larger, weights)
