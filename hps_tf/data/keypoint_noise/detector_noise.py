"""A detector's errors on a person's keypoints.

It errs by person and by keypoint, has outliers, exchanges left and right, misses limbs that are
hidden and what is beyond the image's border, or guesses them; and tells so by its confidences, or
does not. Some are MoveNet Thunder, as measured; the others differ from it and from each other, so
that keypoints of any detector can be used.

Convention: keypoints are slopes x/z and y/z; errors are shares of the longer side of the box about
the true keypoints. Randomness is stateless: the same seed gives the same errors.
"""

from typing import NamedTuple

import tensorflow as tf

from hps_tf.body.skeleton import COCO17_NAMES, mirror_permutation
from hps_tf.data.keypoint_noise import movenet_noise
from hps_tf.data.keypoint_noise.posed_people import PosedPeople
from hps_tf.data.keypoint_noise.random_draws import Draws

NUM_KEYPOINTS = len(COCO17_NAMES)

_MOVENET = 0.6  # Share of people.
_FEWEST = 4  # Keypoints of a person that are always found.
_NEAREST = 0.2  # Metres; slopes of what is nearer are those at this distance.

# Landmarks of detectors differ: Thunder's, some of the way from the body's, and by keypoint.
_DISPLACED, _MOST_DISPLACED, _MOVENET_DISPLACED = 0.7, 1.3, 0.7
_OFFSET = 0.010  # Metres.

# Left and right exchanged: of the whole person, the legs or the arms.
_SWAPPED = mirror_permutation(COCO17_NAMES)
_EXCHANGED, _EXCHANGED_LEGS, _EXCHANGED_ARMS = 0.035, 0.03, 0.02

# Errors: a person's, log-uniform or next to none, times a keypoint's.
_ERRORS = (0.004, 0.04)
_STEADY, _STEADY_ERROR = 0.2, 0.001
_HARDNESS = {
    "nose": 0.6, "eye": 0.6, "ear": 0.6, "shoulder": 0.9, "elbow": 1.1, "wrist": 1.4, "hip": 1.2,
    "knee": 1.1, "ankle": 1.3,
}  # fmt: skip
_UNEVENNESS = 0.4  # Of the logarithm, by keypoint.
_MOST_OUTLIERS, _OUTLIER_ERRORS = 0.12, (0.05, 0.25)

# What is hidden together: the ends of keypoints' names, and their side, if it is one.
_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_HIDDEN = (
    (("elbow", "wrist"), "left"), (("elbow", "wrist"), "right"),
    (("knee", "ankle"), "left"), (("knee", "ankle"), "right"), (("knee", "ankle"), ""),
    (("hip", "knee", "ankle"), ""), (("nose", "eye", "ear"), ""), (("ankle",), ""),
    (_LIMBS, "left"), (_LIMBS, "right"),
)  # fmt: skip
_OCCLUDED, _HIDDEN_SHARE = 0.35, 0.12
_MOST_MISSING = 0.5  # Of the keypoints of half of the people, at random.

# Shares of people that the image's border cuts on a side, and how far from the middle of the box.
_LEFT, _TOP, _RIGHT, _BOTTOM = 0.05, 0.03, 0.05, 0.2
_BORDERS = (-0.2, 0.5)
_NO_BORDER = 1e3  # Slopes.

# Half of the other detectors guess some of what is hidden, badly.
_GUESSING, _GUESSED, _GUESS_ERROR, _GUESS_CONFIDENCE = 0.5, 0.6, 0.06, 0.4
_SILENT = 0.3  # Share of detectors whose confidences are always 1.
_DOUBT = 0.1  # Errors as large as this bring the confidence down to 1/e.


class FoundKeypoints(NamedTuple):
    """Keypoints as found.

    Attributes:
      slopes: `(B, 17, 2)`.
      confidence: `(B, 17)`, 0 of what is missing.
    """

    slopes: tf.Tensor
    confidence: tf.Tensor


def detect(people: PosedPeople, seed: tf.Tensor) -> FoundKeypoints:
    """Draws what detectors find of people, each person's another detector.

    Args:
      people: B people.
      seed: `(2,)` integers.
    """
    draws, count = Draws(seed), tf.shape(people.shape)[0]
    is_movenet = draws.happens(_MOVENET, count, 1)
    middle, size = box(slopes(people.keypoints))
    points = _exchange(slopes(_landmarks(people, is_movenet, draws)), draws)
    borders = _borders(middle, size, draws)
    is_outside = tf.reduce_any((points < borders[:, :1]) | (points > borders[:, 1:]), axis=2)
    is_hidden = is_outside | _hidden(count, is_movenet, draws)

    is_guess = is_hidden & draws.happens(_GUESSED, count, NUM_KEYPOINTS)
    is_guess &= draws.happens(_GUESSING, count, 1)
    error, confidence = _errors(is_guess, draws)
    movenet_error, score = movenet_noise.errors(is_hidden, draws)
    error = tf.where(is_movenet, movenet_error, error)[..., tf.newaxis]
    direction = tf.math.l2_normalize(draws.normal(count, NUM_KEYPOINTS, 2), axis=2)
    found = points + error * direction * size[:, tf.newaxis, tf.newaxis]
    # Nothing is found, or guessed, beyond the border.
    found = tf.clip_by_value(found, borders[:, :1], borders[:, 1:])
    confidence = tf.where(draws.happens(_SILENT, count, 1), 1.0, confidence)
    confidence = tf.where(is_movenet, score, confidence)
    return FoundKeypoints(found, drop(confidence, is_hidden & ~is_guess & ~is_movenet))


def slopes(keypoints_3d: tf.Tensor) -> tf.Tensor:
    """Projects `(B, 17, 3)` points to `(B, 17, 2)` slopes."""
    return keypoints_3d[..., :2] / tf.maximum(keypoints_3d[..., 2:], _NEAREST)


def box(points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds the middle `(B, 2)` and the longer side `(B,)` of the box about `(B, 17, 2)` slopes."""
    low, high = tf.reduce_min(points, axis=1), tf.reduce_max(points, axis=1)
    return 0.5 * (low + high), tf.reduce_max(high - low, axis=1)


def drop(confidence: tf.Tensor, is_missing: tf.Tensor) -> tf.Tensor:
    """Sets `(B, 17)` confidences of what is missing to 0, unless too little would be left."""
    left = tf.reduce_sum(tf.cast(~is_missing, tf.int32), axis=1, keepdims=True)
    return tf.where(is_missing & (left >= _FEWEST), 0.0, confidence)


def _landmarks(people: PosedPeople, is_movenet: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Where detectors see the landmarks of a body, metres."""
    count = tf.shape(people.shape)[0]
    is_displaced = draws.happens(_DISPLACED, count)
    share = _MOST_DISPLACED * draws.uniform(count)
    least = tf.where(is_movenet[:, 0], _MOVENET_DISPLACED, 0.0)
    share = tf.where(is_displaced | is_movenet[:, 0], tf.maximum(share, least), 0.0)
    points = movenet_noise.landmarks(people.keypoints, people.rotation_matrices, share)
    offset = draws.normal(count, NUM_KEYPOINTS, 3)
    return points + tf.where(is_movenet[..., tf.newaxis], 0.0, _OFFSET) * offset


def _exchange(points: tf.Tensor, draws: Draws) -> tf.Tensor:
    draw = draws.uniform(tf.shape(points)[0], 1)
    to_legs, to_arms = _EXCHANGED + _EXCHANGED_LEGS, _EXCHANGED + _EXCHANGED_LEGS + _EXCHANGED_ARMS
    legs = _named(("hip", "knee", "ankle")) & (draw < to_legs)
    arms = _named(("shoulder", "elbow", "wrist")) & (draw >= to_legs) & (draw < to_arms)
    is_exchanged = ((draw < _EXCHANGED) | legs | arms)[..., tf.newaxis]
    return tf.where(is_exchanged, tf.gather(points, _SWAPPED, axis=1), points)


def _borders(middle: tf.Tensor, size: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Draws the image's border `(B, 2, 2)`: the least slopes, then the greatest."""
    (low, high), count = _BORDERS, tf.shape(size)[0]
    sides = []
    for share in (_LEFT, _TOP, _RIGHT, _BOTTOM):
        distance = draws.uniform(count, low=low, high=high) * size
        sides.append(tf.where(draws.happens(share, count), distance, _NO_BORDER))
    left, top, right, bottom = sides
    least = middle - tf.stack([left, top], axis=1)
    greatest = middle + tf.stack([right, bottom], axis=1)
    # Two borders that leave nothing between them are none.
    least = tf.where(greatest > least, least, -_NO_BORDER)
    greatest = tf.where(greatest > least, greatest, _NO_BORDER)
    return tf.stack([least, greatest], axis=1)


def _hidden(count: tf.Tensor, is_movenet: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Draws which `(B, 17)` keypoints cannot be seen."""
    # Thunder finds what it can see.
    share = draws.uniform(count, 1, low=-_MOST_MISSING, high=_MOST_MISSING)
    hidden = ~is_movenet & draws.happens(share, count, NUM_KEYPOINTS)
    groups = tf.cast(tf.stack([_named(*group) for group in _HIDDEN]), tf.float32)
    is_group = draws.happens(_HIDDEN_SHARE, count, len(_HIDDEN))
    is_group &= draws.happens(_OCCLUDED, count, 1)
    return hidden | (tf.matmul(tf.cast(is_group, tf.float32), groups) > 0.0)


def _errors(is_guess: tf.Tensor, draws: Draws) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws distances and confidences `(B, 17)`, of detectors other than Thunder."""
    count = tf.shape(is_guess)[0]
    low, high = _ERRORS
    deviation = draws.log_uniform(count, 1, low=low, high=high)
    deviation = tf.where(draws.happens(_STEADY, count, 1), _STEADY_ERROR, deviation)
    hard = tf.constant([_HARDNESS[name.rsplit("_", 1)[-1]] for name in COCO17_NAMES])
    deviation *= hard * tf.exp(_UNEVENNESS * draws.normal(count, NUM_KEYPOINTS))
    low, high = _OUTLIER_ERRORS
    # Nearly a third of the people have none.
    share = draws.uniform(count, 1, low=-0.4 * _MOST_OUTLIERS, high=_MOST_OUTLIERS)
    outlier = draws.uniform(count, NUM_KEYPOINTS, low=low, high=high)
    outlier = tf.where(draws.happens(share, count, NUM_KEYPOINTS), outlier, 0.0)
    guess = tf.where(is_guess, _GUESS_ERROR, 0.0)
    deviation = tf.sqrt(deviation**2 + outlier**2 + guess**2)
    # The length of a vector of two normal numbers.
    error = deviation * tf.norm(draws.normal(count, NUM_KEYPOINTS, 2), axis=2)
    confidence = tf.exp(-tf.square(error / _DOUBT)) * draws.uniform(count, NUM_KEYPOINTS, low=0.55)
    confidence = tf.where(is_guess, _GUESS_CONFIDENCE * confidence, confidence)
    confidence += 0.04 * draws.normal(count, NUM_KEYPOINTS)
    return error, tf.clip_by_value(confidence, 0.03, 1.0)


def _named(ends: tuple[str, ...], side: str = "") -> tf.Tensor:
    """Which `(17,)` keypoints have names that end so and hold the side."""
    return tf.constant([name.endswith(ends) and side in name for name in COCO17_NAMES])
