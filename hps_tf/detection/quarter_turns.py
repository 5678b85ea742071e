"""Quarter turns of square views, so that a network sees people upright.

MultiPose finds people who lie or stand on their heads; Thunder finds their keypoints only if their
heads are above.

Convention: turns are counted counter-clockwise, 0 to 3; points in a view from its edge, x before y.
"""

import tensorflow as tf

from hps_tf.body.skeleton import COCO17_NAMES

LEAST_TORSO = 0.1
"""Length of a torso, in longer sides of the person's box, below which it shows no direction."""

_SHOULDERS = [COCO17_NAMES.index(f"{side}_shoulder") for side in ("left", "right")]
_HIPS = [COCO17_NAMES.index(f"{side}_hip") for side in ("left", "right")]


def to_upright(keypoints: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Finds the turns after which people's hips are below their shoulders.

    Args:
      keypoints: `(P, 17, 2)` COCO's, pixels.
      boxes: `(P, 4)` left, top, width and height.

    Returns:
      `(P,)` int32.
    """
    shoulders = tf.reduce_mean(tf.gather(keypoints, _SHOULDERS, axis=1), axis=1)
    hips = tf.reduce_mean(tf.gather(keypoints, _HIPS, axis=1), axis=1)
    x, y = tf.unstack(hips - shoulders, axis=1)
    quarters = tf.cast(tf.round(-tf.atan2(x, y) / (0.5 * 3.14159265)), tf.int32) % 4
    longer = tf.reduce_max(boxes[:, 2:], axis=1)
    return tf.where(tf.sqrt(x * x + y * y) < LEAST_TORSO * longer, 0, quarters)


def turned(view: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
    """Turns a square view `(S, S, C)` by a number `()` of quarters."""
    across = tf.transpose(view, (1, 0, 2))
    every = [view, across[::-1], view[::-1, ::-1], across[:, ::-1]]
    return tf.stack(every)[turns]


def turned_back(points: tf.Tensor, turns: tf.Tensor, side: int) -> tf.Tensor:
    """Finds where points `(..., 2)` of a turned view lie in the view before the turn."""
    x, y = points[..., 0], points[..., 1]
    every = [(x, y), (side - y, x), (side - x, side - y), (y, side - x)]
    return tf.stack([tf.stack(pair, axis=-1) for pair in every])[turns]
