"""The smoothness of a video's bodies (Zanfir et al. 2020, Eq. 12)."""

import tensorflow as tf

from hps_tf.geometry import checks

_TRANSLATION_UNIT = 0.1
"""Metres that weigh as much as a latent's 1."""


def smoothness_loss(
    pose_vector: tf.Tensor, root_rotation: tf.Tensor, translation: tf.Tensor
) -> tf.Tensor:
    """Mean squared steps from the example before, L_smooth.

    Args:
      pose_vector: `(B, D)` latents, or vectors of a pose space.
      root_rotation: `(B, 3, 3)`.
      translation: `(B, 3)` metres.

    Returns:
      `(B,)`, 0 for the first; which examples follow the one before is for the caller to say.

    Raises:
      ValueError: If the shapes disagree.
    """
    checks.shape("pose_vector", pose_vector, ("batch", "dimensions"))
    batch = pose_vector.shape[0]
    checks.shape("root_rotation", root_rotation, (batch, 3, 3))
    checks.shape("translation", translation, (batch, 3))
    moves = (
        pose_vector,
        tf.reshape(root_rotation, (-1, 9)),
        translation / _TRANSLATION_UNIT,
    )
    dimensions = sum(part.shape[1] for part in moves)
    squares = [tf.reduce_sum(tf.square(part[1:] - part[:-1]), axis=1) for part in moves]
    return tf.pad(0.5 * tf.add_n(squares) / dimensions, [[1, 0]])
