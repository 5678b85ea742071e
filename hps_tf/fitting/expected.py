"""Bodies that are expected before a fit, and how far they may be off: a network's prediction."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import BODY_JOINTS, KEYPOINT_NAMES, NUM_JOINTS
from hps_tf.geometry.spread import Spread

_LEAST = 1e-6  # A standard deviation of 0 has no finite precision.

# The weight of the quadratic about a prediction, a + b s², s the geometric mean of the keypoints'
# predicted deviations in reference pixels: unlike the root mean square, it does not hang on a
# single keypoint. Chosen on validation people (split val of asfamc): the form on 256 (seed 1) whose
# keypoints were exact, off by 1, 2, 4, 6 and 8 pixels, or a detector's; mean and slope on 128 more
# (seed 3), exact and off by 2, 4 and 8 pixels.
_PULL_EXACT, _PULL_SLOPE = 0.1, 0.6
_SMALLEST_DEVIATION = 1e-3  # Reference pixels.
_LARGEST_DEVIATION = 64.0  # Reference pixels, a quarter of the person: as good as not seen.


class Expected(NamedTuple):
    """The bodies expected of N people; a fit is pulled towards them.

    Attributes:
      rotation_matrices: `(N, 24, 3, 3)` local rotations, the root's into the camera frame.
      shape: `(N, S)` in standard deviations.
      translation: `(N, 3)` metres, z > 0.
      spread: How far they may be off; its `shape` is of the first components, and the others are
        certain. Its `keypoints` weigh what is observed.
    """

    rotation_matrices: Any
    shape: Any
    translation: Any
    spread: Spread

    def select(self, rows: np.ndarray | slice) -> "Expected":
        """Takes some of the people: `(M,)` indices, a `(N,)` boolean mask or a slice."""
        return tf.nest.map_structure(lambda part: np.asarray(part)[rows], self)

    def checked(
        self, count: int, num_shape: int, num_fitted_shape: int, keypoint_set: str
    ) -> "Expected":
        """Gives the same as arrays of single precision.

        Args:
          count: N.
          num_shape: S.
          num_fitted_shape: How many of them `spread.shape` is of.
          keypoint_set: Whose keypoints `spread.keypoints` is of.

        Raises:
          ValueError: If a shape does not fit, a number is not finite, a depth is not positive or a
            standard deviation is negative; names the field and the first such person. Standard
            deviations may be infinite.
        """
        arrays = tf.nest.map_structure(lambda part: np.asarray(part, np.float32), self)
        spread = arrays.spread
        shapes = {
            "rotation_matrices": (arrays.rotation_matrices, (NUM_JOINTS, 3, 3)),
            "shape": (arrays.shape, (num_shape,)),
            "translation": (arrays.translation, (3,)),
            "spread.pose": (spread.pose, (len(BODY_JOINTS), 3)),
            "spread.root": (spread.root, (3,)),
            "spread.place": (spread.place, (3,)),
            "spread.shape": (spread.shape, (num_fitted_shape,)),
            "spread.keypoints": (spread.keypoints, (len(KEYPOINT_NAMES[keypoint_set]),)),
        }
        for name, (array, axes) in shapes.items():
            if array.shape != (count, *axes):
                raise ValueError(
                    f"`about.{name}`: expected shape {(count, *axes)}, received {array.shape}"
                )
        for name in ("rotation_matrices", "shape", "translation"):
            _check(name, np.isfinite(getattr(arrays, name)), "finite")
        _check("translation", arrays.translation[:, 2:] > 0, "of positive depth")
        for name, deviations in spread._asdict().items():
            _check(f"spread.{name}", deviations >= 0, "≥ 0")
        return arrays

    def by_window(self, num_frames: int) -> "Expected":
        """Arranges frames by windows of T, of one shape each.

        Frames of one person are wrong together: their mean shape, weighed by precision, is no surer
        than one of them is.

        Returns:
          The same with rows `(W, T, ...)`, but for shapes `(W, S)` and their spread.
        """
        arranged = tf.nest.map_structure(
            lambda part: tf.reshape(part, [-1, num_frames, *part.shape[1:]]), self
        )
        shape, deviation = arranged.shape, arranged.spread.shape
        if num_frames == 1:
            shape, deviation = shape[:, 0], deviation[:, 0]
        else:
            precision = 1.0 / tf.square(tf.maximum(deviation, _LEAST))
            certain = tf.ones_like(shape[..., deviation.shape[-1] :])
            shares = tf.concat([precision, certain], axis=-1)
            # Where all are infinitely unsure they count alike.
            shares = tf.maximum(shares, tf.constant(1e-12))
            shape = tf.reduce_sum(shares * shape, axis=1) / tf.reduce_sum(shares, axis=1)
            deviation = tf.math.rsqrt(tf.reduce_mean(precision, axis=1))
        return arranged._replace(shape=shape, spread=arranged.spread._replace(shape=deviation))


def pull(deviations: tf.Tensor, confidence: tf.Tensor) -> tf.Tensor:
    """Computes the weight of the quadratic about a prediction.

    The prediction has seen the same keypoints. Where they are exact the body follows them and
    leaves the prediction; where they are noisy the prediction is the better estimate of both.

    Args:
      deviations: `(..., K)` predicted standard deviations of the keypoints in reference pixels
        (`hps_tf.fitting.weights.REFERENCE_SIZE`).
      confidence: `(..., K)`, 0 of keypoints that are missing.

    Returns:
      `(...)` weights, increasing with the geometric mean of the observed keypoints' deviations.
    """
    is_seen = tf.cast(confidence > 0.0, deviations.dtype)
    bounded = tf.clip_by_value(deviations, _SMALLEST_DEVIATION, _LARGEST_DEVIATION)
    logarithms = tf.reduce_sum(is_seen * tf.math.log(bounded), -1)
    mean = tf.math.divide_no_nan(logarithms, tf.reduce_sum(is_seen, -1))
    return _PULL_EXACT + _PULL_SLOPE * tf.exp(2.0 * mean)


def _check(field: str, holds: np.ndarray, expected: str) -> None:
    by_person = np.all(holds, axis=tuple(range(1, holds.ndim)))
    if not by_person.all():
        person = int(np.flatnonzero(~by_person)[0])
        raise ValueError(f"`about.{field}`: expected {expected}; person {person} is not")
