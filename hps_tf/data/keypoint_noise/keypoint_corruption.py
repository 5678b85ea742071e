"""Evidence of people: exact keypoints, keypoints with normal noise, and those of detectors.

Fits and networks are judged with the first two kinds and used with the third.

Convention: keypoints are slopes x/z and y/z. Randomness is stateless: the same seed gives the same
evidence.
"""

import tensorflow as tf

from hps_tf.data.keypoint_noise import detector_noise
from hps_tf.data.keypoint_noise.detector_noise import NUM_KEYPOINTS, FoundKeypoints
from hps_tf.data.keypoint_noise.posed_people import PosedPeople
from hps_tf.data.keypoint_noise.random_draws import Draws

# Shares of the kinds; the rest are detectors'.
_EXACT, _NOISY = 0.2, 0.2

#: Of the longer side of the person's box: 10 pixels of 256, if the person fills the image.
_MOST_NOISE = 0.045
_MOST_MISSING = 0.5


def corrupt(people: PosedPeople, seed: tf.Tensor, num_frames: int = 1) -> FoundKeypoints:
    """Draws evidence of people, each person's of one of the kinds.

    Args:
      people: B people.
      seed: `(2,)` integers.
      num_frames: So many people after one another are frames of one, whose evidence is of one kind.
    """
    own, noise, detector = tf.unstack(tf.random.split(seed, 3, alg="philox"))
    kind = Draws(own).uniform(tf.shape(people.shape)[0] // num_frames, 1)
    kind = tf.repeat(kind, num_frames, axis=0)
    is_exact, is_noisy = kind < _EXACT, kind < _EXACT + _NOISY
    kinds = (
        exactly(people),
        with_noise(people, noise),
        detector_noise.detect(people, detector),
    )
    points, confidences = zip(*kinds, strict=True)
    chosen = (is_exact[..., tf.newaxis], is_noisy[..., tf.newaxis])
    return FoundKeypoints(
        tf.where(chosen[0], points[0], tf.where(chosen[1], points[1], points[2])),
        tf.where(is_exact, confidences[0], tf.where(is_noisy, confidences[1], confidences[2])),
    )


def exactly(people: PosedPeople) -> FoundKeypoints:
    """Gives all keypoints as they are, with confidence 1."""
    points = detector_noise.slopes(people.keypoints)
    return FoundKeypoints(points, tf.ones_like(points[..., 0]))


def with_noise(people: PosedPeople, seed: tf.Tensor) -> FoundKeypoints:
    """Adds normal noise of up to 4.5 % of the box and drops up to half; confidences are 1."""
    draws, count = Draws(seed), tf.shape(people.shape)[0]
    points = detector_noise.slopes(people.keypoints)
    _, size = detector_noise.box(points)
    deviation = _MOST_NOISE * draws.uniform(count) * size
    found = points + deviation[:, tf.newaxis, tf.newaxis] * draws.normal(count, NUM_KEYPOINTS, 2)
    is_missing = draws.happens(_MOST_MISSING * draws.uniform(count, 1), count, NUM_KEYPOINTS)
    return FoundKeypoints(found, detector_noise.drop(tf.ones_like(points[..., 0]), is_missing))
