"""The smoothness of a video's bodies (Zanfir et al. 2020, Eq. 12)."""

from collections.abc import Sequence

import tensorflow as tf

from hps_tf.geometry import checks

TRANSLATION_UNIT = 0.1
"""Metres that weigh as much as a latent's 1."""


def squared_steps(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Half the squared differences from each frame to the next.

    Args:
      parts: `(..., T, n)` values of T frames each, in units that weigh alike.

    Returns:
      `(..., T - 1)`.
    """
    squares = [
        tf.reduce_sum(tf.square(part[..., 1:, :] - part[..., :-1, :]), axis=-1) for part in parts
    ]
    return 0.5 * tf.add_n(squares)


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
    parts = (
        pose_vector,
        tf.reshape(root_rotation, (-1, 9)),
        translation / TRANSLATION_UNIT,
    )
    dimensions = sum(part.shape[1] for part in parts)
    return tf.pad(squared_steps(parts) / dimensions, [[1, 0]])
