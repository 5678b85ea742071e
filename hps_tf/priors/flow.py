"""The normalizing-flow pose prior."""

import functools
import math
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.priors.architectures import ARCHITECTURES
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.step import join, regroup, split
from hps_tf.priors.whitening import Whitening

if TYPE_CHECKING:
    from hps_tf.priors.fresh_bijector import FreshDistribution


class FlowPrior(PosePrior):
    """A density over a pose space: a standard normal pushed through an invertible network.

    log p(x) = log N(z; 0, I) + log |det dz/dx| with z = encode(x).
    Keras owns the weights; the TFP distribution is a view of them.

    Motion capture fills only a thin part of its space, so the density is that of poses with
    Gaussian noise of standard deviation `sigma` added (dequantisation). Likelihoods may be
    compared only at equal space and sigma.

    Args:
      space: The pose space.
      sigma: Standard deviation of the dequantisation noise, in the space's units.
      architecture: A name in `architectures.ARCHITECTURES`.
      **options: The architecture's own options.

    Attributes:
      references: Densities fitted to the same training data at the same sigma, by name:
        "gaussian" and "gmm8".
      card: Its training data, command and measured figures.

    Raises:
      ValueError: If the architecture is unknown or sigma not positive.
    """

    architectures = tuple(ARCHITECTURES)
    title = "A normalizing-flow pose prior (Zanfir et al. 2020)"
    measure = "Its energy is the negative log-density."

    def __init__(self, space: PoseSpace, sigma: float, architecture: str = "realnvp", **options):
        super().__init__(space, sigma, architecture, **options)
        steps = ARCHITECTURES[architecture](space.dim, **options)
        self.joint_whitening = Whitening(space.dim, len(BODY_JOINTS), name="joint_whitening")
        self.joint_steps = steps.joint_steps
        self.whitening = Whitening(space.dim, name="whitening")
        self.body_steps = steps.body_steps
        self.build((None, space.dim))

    def build(self, input_shape):
        """Creates all weights."""
        for layer in self._layers_in_order():
            if not layer.built:
                layer.build(input_shape)
        self.built = True

    def adapt(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        """Sets the fixed whitening, so that the untrained prior is a Gaussian.

        Args:
          mean: `(D,)` mean of the training data.
          covariance: `(D, D)` covariance of the training data, without the dequantisation noise.
        """
        noisy = covariance + self.sigma**2 * np.eye(self.space.dim)
        self.joint_whitening.adapt(mean, noisy)
        self.whitening.adapt(mean, noisy)

    @property
    def latent_dim(self) -> int:
        """The number of latents, as many as the pose space has dimensions."""
        return self.space.dim

    def distribution(self, training: bool = False) -> "FreshDistribution":
        """The density as a TFP distribution, a view of the weights.

        Args:
          training: Whether steps with dropout use it.
        """
        # TensorFlow Probability takes seconds to import, and only this view needs it.
        from tensorflow_probability import distributions as tfd

        from hps_tf.priors.fresh_bijector import FreshBijector, FreshDistribution

        dtype = self.variable_dtype
        normal = tfd.Normal(tf.zeros([], dtype), tf.ones([], dtype))
        flow = FreshBijector(
            self._decode,
            functools.partial(self._encode_with_log_det, training=training),
            dtype,
            name="flow",
        )
        return FreshDistribution(tfd.Sample(normal, self.space.dim), flow, name="density")

    def _log_prob(self, x, training=False):
        latent, log_det = self._encode_with_log_det(x, training)
        constant = 0.5 * self.space.dim * math.log(2.0 * math.pi)
        return log_det - 0.5 * tf.reduce_sum(tf.square(latent), axis=-1) - constant

    def _encode(self, x):
        return self._encode_with_log_det(x)[0]

    def _encode_with_log_det(
        self, x: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        log_dets = []
        # Whitening the joints and undoing it changes no volume; without steps between it would only
        # cost time.
        if self.joint_steps:
            parts, _ = self.joint_whitening.inverse_and_log_det(split(x, len(BODY_JOINTS)))
            for step in self.joint_steps:
                parts, log_det = step.inverse_and_log_det(parts, training)
                log_dets.append(log_det)
            parts = regroup(self.joint_whitening.forward(parts), 1)
        else:
            parts = split(x, 1)
        for step in (self.whitening, *self.body_steps):
            parts, log_det = step.inverse_and_log_det(parts, training)
            log_dets.append(log_det)
        return join(parts), sum(log_dets)

    def _decode(self, latent):
        parts = split(latent, 1)
        for step in reversed((self.whitening, *self.body_steps)):
            parts = step.forward(parts)
        if not self.joint_steps:
            return join(parts)
        parts, _ = self.joint_whitening.inverse_and_log_det(regroup(parts, len(BODY_JOINTS)))
        for step in reversed(self.joint_steps):
            parts = step.forward(parts)
        return join(self.joint_whitening.forward(parts))

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (self.joint_whitening, *self.joint_steps, self.whitening, *self.body_steps)
