"""MoveNet Thunder's errors on a person's keypoints, as measured on rendered people.

Measured by ``python -m tools.evaluate keypoints --data DIR`` on 2,700 images of
``tools.prepare_synthetic`` (256 pixels, recorded poses, the person fills most of the image): where
Thunder sees each landmark of the body, and what then remains, which falls with the score.

Convention: metres for landmarks; errors are shares of the longer side of the person's box.
"""

import numpy as np
import tensorflow as tf

from hps_tf.body import kinematics
from hps_tf.body.skeleton import COCO17_NAMES, JOINT_NAMES
from hps_tf.data.keypoint_noise.random_draws import Draws

NUM_KEYPOINTS = len(COCO17_NAMES)

# By the end of the keypoint's name: the joint in whose frame Thunder's landmark is displaced, x of
# the left side (the right's is mirrored), y and z.
_DISPLACED = {
    "nose": ("head", (0.0, 0.007, -0.016)),
    "eye": ("head", (-0.003, -0.001, -0.006)),
    "ear": ("head", (-0.003, 0.0, -0.003)),
    "shoulder": ("spine3", (-0.019, 0.030, -0.008)),
    "elbow": ("shoulder", (-0.012, 0.001, 0.005)),
    "wrist": ("elbow", (0.004, 0.0, 0.001)),
    "hip": ("pelvis", (-0.010, 0.016, 0.020)),
    "knee": ("hip", (-0.003, 0.010, 0.0)),
    "ankle": ("knee", (0.001, 0.023, 0.002)),
}

# Medians of the remaining errors, and the deviations of their logarithms; people's means have one
# of their own.
_ERRORS = {
    "nose": (0.012, 0.75), "eye": (0.012, 0.75), "ear": (0.012, 0.75), "shoulder": (0.0155, 0.6),
    "elbow": (0.014, 0.95), "wrist": (0.0145, 1.2), "hip": (0.021, 0.45), "knee": (0.0135, 0.7),
    "ankle": (0.0125, 0.85),
}  # fmt: skip
_OF_PEOPLE = 0.53
_LARGEST_ERROR = 0.6

# Scores, and how far they fall with the logarithm of the error, in its standard deviations.
_SCORES, _FALL, _SCATTER = 0.58, 0.09, 0.17
_LOWEST_SCORE, _HIGHEST_SCORE = 0.01, 0.95

# Hidden keypoints and those beyond the border are guessed: median errors and scores, and the
# deviations of their logarithms.
_GUESS_ERROR, _GUESS_UNEVENNESS = 0.06, 0.8
_GUESS_SCORE, _GUESS_SCATTER = 0.17, 0.8


def _end(name: str) -> str:
    return name.rsplit("_", 1)[-1]


def _displacements() -> tuple[list[int], np.ndarray]:
    """The joint of each keypoint and `(17, 3)` displacements in its frame."""
    joints, moves = [], []
    for name in COCO17_NAMES:
        joint, (x, y, z) = _DISPLACED[_end(name)]
        if f"l_{joint}" in JOINT_NAMES:
            joint = ("l_" if name.startswith("left") else "r_") + joint
        joints.append(JOINT_NAMES.index(joint))
        moves.append((-x if name.startswith("right") else x, y, z))
    return joints, np.array(moves, np.float32)


FRAMES, _MOVES = _displacements()
"""`FRAMES[k]` is the joint in whose frame keypoint k is displaced."""


def landmarks(keypoints_3d: tf.Tensor, rotation_matrices: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Moves keypoints of the body to where Thunder sees them.

    Args:
      keypoints_3d: `(B, 17, 3)` metres.
      rotation_matrices: `(B, 24, 3, 3)` local rotations, the root's into the frame of the points.
      share: `(B,)` of the way.

    Returns:
      `(B, 17, 3)` metres.
    """
    turned = tf.gather(kinematics.global_rotations(rotation_matrices), FRAMES, axis=1)
    moves = tf.linalg.matvec(turned, tf.broadcast_to(_MOVES, tf.shape(keypoints_3d)))
    return keypoints_3d + share[:, tf.newaxis, tf.newaxis] * moves


def errors(is_guess: tf.Tensor, draws: Draws) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws how far keypoints are off, in any direction, and their scores.

    Args:
      is_guess: `(B, 17)` which cannot be seen.
      draws: Random numbers.

    Returns:
      `(B, 17)` distances and `(B, 17)` scores.
    """
    count = tf.shape(is_guess)[0]
    table = np.array([_ERRORS[_end(name)] for name in COCO17_NAMES], np.float32)
    medians, deviations = table[:, 0], table[:, 1]
    spread = _OF_PEOPLE * draws.normal(count, 1)
    spread += deviations * draws.normal(count, NUM_KEYPOINTS)
    seen = medians * tf.exp(spread)
    guessed = _GUESS_ERROR * tf.exp(_GUESS_UNEVENNESS * draws.normal(count, NUM_KEYPOINTS))
    distance = tf.minimum(tf.where(is_guess, guessed, seen), _LARGEST_ERROR)
    scatter = draws.normal(count, NUM_KEYPOINTS)
    score = _SCORES - _FALL * spread / np.hypot(_OF_PEOPLE, deviations) + _SCATTER * scatter
    score = tf.where(is_guess, _GUESS_SCORE * tf.exp(_GUESS_SCATTER * scatter), score)
    return distance, tf.clip_by_value(score, _LOWEST_SCORE, _HIGHEST_SCORE)
