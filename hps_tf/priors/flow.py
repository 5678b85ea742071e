"""The normalizing-flow pose prior."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.geometry import checks
from hps_tf.priors.fresh_bijector import FreshBijector, FreshDistribution
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.presets import PRESETS
from hps_tf.priors.prior import PosePrior
from hps_tf.priors.whitening import Whitening


class FlowPrior(PosePrior):
    """A density over a pose space: a standard normal pushed through an invertible network.

    log p(x) = log N(z; 0, I) + log |det dz/dx| with z = encode(x).
    Keras owns the weights; the TFP distribution is a view built from them at every call.

    Motion capture fills only a thin part of its space, so the density is that of poses with
    Gaussian noise of standard deviation `sigma` added (dequantisation). Likelihoods may be
    compared only at equal space and sigma.

    Args:
      space: The pose space.
      sigma: Standard deviation of the dequantisation noise, in the space's units.
      preset: A name in `presets.PRESETS`.
      **options: The preset's own options.

    Attributes:
      references: Densities fitted to the same training data at the same sigma, by name:
        "gaussian" and "gmm8".
      card: What the prior was trained on and how, and the figures measured.

    Raises:
      ValueError: If the preset is unknown or sigma not positive.
    """

    def __init__(self, space: PoseSpace, sigma: float, preset: str = "realnvp", **options):
        super().__init__(space, sigma, preset, **options)
        if preset not in PRESETS:
            raise ValueError(f"`preset` must be one of {', '.join(PRESETS)}, got {preset!r}")
        architecture = PRESETS[preset](space.dim, **options)
        self.joint_whitening = Whitening(space.dim, len(BODY_JOINTS), name="joint_whitening")
        self.joint_steps = architecture.joint_steps
        self.whitening = Whitening(space.dim, name="whitening")
        self.body_steps = architecture.body_steps
        self.build()

    def build(self, input_shape=None):
        """Creates all weights."""
        for layer in self._layers_in_order():
            if not layer.built:
                layer.build((None, self.space.dim))
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

    def distribution(self, training: bool = False) -> FreshDistribution:
        """The density as a TFP distribution, a view of the weights as they are when it is asked."""
        chain = [
            *self._joint_bijectors(training),
            self.whitening.bijector(),
            *(step.bijector(training) for step in self.body_steps),
        ]
        base = tfd.Sample(tfd.Normal(tf.zeros([]), tf.ones([])), self.space.dim)
        return FreshDistribution(base, FreshBijector(chain, name="flow"), name="density")

    def log_prob(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Log-density in nats.

        Args:
          x: `(..., D)` vectors of the pose space.
          training: Whether steps with dropout use it.

        Returns:
          `(...)`.
        """
        checks.shape("x", x, (..., self.space.dim))
        return self.distribution(training).log_prob(x)

    def energy(self, x: tf.Tensor) -> tf.Tensor:
        """-log p(x) in nats; see `PosePrior.energy`."""
        return -self.log_prob(x)

    def call(self, x, training=False):
        """The same as `log_prob`."""
        return self.log_prob(x, training)

    def sample(self, n: int, seed: int) -> tf.Tensor:
        """Draws `(n, D)` vectors; the same seed gives the same vectors.

        They carry the density's dequantisation noise; `space.project` gives the true rotations
        nearest to them.
        """
        latent = tf.random.stateless_normal((n, self.space.dim), tf.stack([seed, 0]), alg="philox")
        return self.decode(latent)

    def encode(self, x: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` vectors to `(..., D)` latents, standard normal under the prior."""
        checks.shape("x", x, (..., self.space.dim))
        return self.distribution().bijector.inverse(x)

    def decode(self, latent: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` latents to `(..., D)` vectors; the inverse of `encode`."""
        checks.shape("latent", latent, (..., self.space.dim))
        return self.distribution().bijector.forward(latent)

    def interpolate(self, start: tf.Tensor, stop: tf.Tensor, steps: int) -> tf.Tensor:
        """Walks between poses on a straight line in latent space (Zanfir et al. 2020, Fig. 1).

        Args:
          start: `(..., D)` vectors.
          stop: `(..., D)` vectors.
          steps: How many vectors, both ends included; at least 2.

        Returns:
          `(steps, ..., D)` vectors; the first is `start`, the last `stop`.

        Raises:
          ValueError: If `steps` is below 2.
        """
        if steps < 2:
            raise ValueError(f"`steps` must be at least 2, got {steps}")
        first, last = self.encode(start), self.encode(stop)
        share = tf.reshape(tf.linspace(0.0, 1.0, steps), [steps] + [1] * len(first.shape))
        return self.decode((1.0 - share) * first + share * last)

    def _joint_bijectors(self, training: bool) -> list[tfb.Bijector]:
        if not self.joint_steps:
            return []  # Whitening the joints and undoing it at once would only cost time.
        by_joint = self.joint_whitening.bijector()
        steps = [step.bijector(training) for step in self.joint_steps]
        return [by_joint, *steps, tfb.Invert(by_joint)]

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (self.joint_whitening, *self.joint_steps, self.whitening, *self.body_steps)
