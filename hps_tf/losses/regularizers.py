"""Regularisers that keep pose and shape plausible (Zanfir et al. 2020, Eq. 11)."""

import tensorflow as tf

from hps_tf.geometry import checks


def latent_loss(latent: tf.Tensor) -> tf.Tensor:
    """Negative log-density of latents by dimension, L_ψ, up to a constant.

    Args:
      latent: `(B, D)`, standard normal under the prior.

    Returns:
      `(B,)` nats.

    Raises:
      ValueError: If it has another number of axes.
    """
    checks.shape("latent", latent, ("batch", "dimensions"))
    return 0.5 * tf.reduce_mean(tf.square(latent), axis=1)


def shape_prior_loss(shape: tf.Tensor) -> tf.Tensor:
    """Mean square of the shape components, ‖β‖² / S.

    Args:
      shape: `(B, S)`, standard normal over people.

    Returns:
      `(B,)`.

    Raises:
      ValueError: If it has another number of axes.
    """
    checks.shape("shape", shape, ("batch", "components"))
    return tf.reduce_mean(tf.square(shape), axis=1)
