"""Errors of keypoints that last for some frames of a video.

What hides a wrist, or what a detector takes for one, is there in the next frame too. Evidence is
drawn for every frame by itself; here a keypoint's error of a frame stays for a spell.

Convention: keypoints are slopes x/z and y/z, or pixels; errors shares of the longer side of the
person's box.
Randomness is stateless: the same seed gives the same spells.
"""

import tensorflow as tf

from hps_tf.data.keypoint_noise import detector_noise
from hps_tf.data.keypoint_noise.detector_noise import FoundKeypoints
from hps_tf.data.keypoint_noise.random_draws import Draws


def hold(
    found: FoundKeypoints,
    true: tf.Tensor,
    num_frames: int,
    share: tf.Tensor | float,
    seed: tf.Tensor,
) -> FoundKeypoints:
    """Makes errors last.

    Args:
      found: What is found of W T frames, each by itself; those of a window of T follow each other.
      true: `(W T, 17, 2)` the true keypoints, in the unit of those found.
      num_frames: T.
      share: `(W, 1, 1)`, or one for all, probability that a keypoint of a frame has the error and
        the confidence of the frame before.
      seed: `(2,)` integers.
    """
    draws = Draws(seed)
    _, size = detector_noise.box(true)
    size = size[:, tf.newaxis, tf.newaxis]
    num_keypoints = true.shape[1]
    shape = (tf.shape(true)[0] // num_frames, num_frames, num_keypoints)
    frames = tf.range(num_frames)
    # The frame in which each spell began, that of the last beginning so far.
    begins = tf.where(draws.happens(share, *shape), 0, frames[:, tf.newaxis])
    is_past = (frames <= frames[:, tf.newaxis])[..., tf.newaxis]
    began = tf.reduce_max(tf.where(is_past, begins[:, tf.newaxis], 0), axis=2)

    def held(values: tf.Tensor) -> tf.Tensor:
        windows = tf.reshape(values, [*shape, -1])
        by_keypoint = tf.transpose(windows, [0, 2, 1, 3])
        chosen = tf.gather(by_keypoint, tf.transpose(began, [0, 2, 1]), axis=2, batch_dims=2)
        return tf.reshape(tf.transpose(chosen, [0, 2, 1, 3]), tf.shape(values))

    error = held((found.slopes - true) / size)
    return FoundKeypoints(true + size * error, held(found.confidence))
