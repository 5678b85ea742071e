"""The normalizing-flow pose prior."""

import os

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.errors import InputError
from hps_tf.geometry import checks
from hps_tf.priors import pose_space, prior_file
from hps_tf.priors.gmm import GaussianMixture
from hps_tf.priors.pose_space import PoseSpace
from hps_tf.priors.presets import PRESETS
from hps_tf.priors.prior_file import PriorFile
from hps_tf.priors.whitening import Whitening


class PosePrior(keras.Model):
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
        super().__init__(name=f"{preset}_prior")
        if preset not in PRESETS:
            raise ValueError(f"`preset` must be one of {', '.join(PRESETS)}, got {preset!r}")
        if not sigma > 0:
            raise ValueError(f"`sigma` must be positive, got {sigma}")
        self.space = space
        self.sigma = float(sigma)
        self.preset = preset
        self.options = dict(options)
        self.references: dict[str, GaussianMixture] = {}
        self.card: dict = {}
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
    def num_parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_weights)

    def distribution(self, training: bool = False) -> tfd.TransformedDistribution:
        """The density as a TFP distribution, a view of the weights as they are now."""
        by_joint = self.joint_whitening.bijector()
        chain = [
            by_joint,
            *(step.bijector(training) for step in self.joint_steps),
            tfb.Invert(by_joint),
            self.whitening.bijector(),
            *(step.bijector(training) for step in self.body_steps),
        ]
        base = tfd.MultivariateNormalDiag(tf.zeros(self.space.dim))
        return tfd.TransformedDistribution(base, tfb.Chain(chain))

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
        # The identity keeps TFP from answering out of its cache instead of computing.
        return self.distribution().bijector.inverse(tf.identity(x))

    def decode(self, latent: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` latents to `(..., D)` vectors; the inverse of `encode`."""
        checks.shape("latent", latent, (..., self.space.dim))
        return self.distribution().bijector.forward(tf.identity(latent))

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the prior with its references and card to one ``.npz`` file, atomically."""
        content = PriorFile(
            preset=self.preset,
            space=self.space.name,
            sigma=self.sigma,
            options=dict(self.options),
            weights={name: weight.numpy() for name, weight in self._named_weights().items()},
            references=dict(self.references),
            card=dict(self.card),
        )
        prior_file.write(path, content)

    @classmethod
    def restore(cls, path: str | os.PathLike[str]) -> "PosePrior":
        """Reads a prior that `save` wrote.

        Raises:
          FileNotFoundError: If there is no such file.
          InputError: If the file is not a prior, or is damaged; names file and field.
        """
        content = prior_file.read(path)
        try:
            space = pose_space.get(content.space)
            prior = cls(space, content.sigma, content.preset, **content.options)
            weights = prior._named_weights()
            if weights.keys() != content.weights.keys():
                differing = sorted(weights.keys() ^ content.weights.keys())
                raise ValueError(f"missing or unknown weights: {', '.join(differing)}")
            for name, weight in weights.items():
                checks.shape(name, content.weights[name], tuple(weight.shape))
                weight.assign(content.weights[name])
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: {error}") from error
        prior.references = content.references
        prior.card = content.card
        return prior

    def _layers_in_order(self) -> tuple[keras.layers.Layer, ...]:
        return (self.joint_whitening, *self.joint_steps, self.whitening, *self.body_steps)

    def _named_weights(self) -> dict[str, keras.Variable]:
        """The weights by names that do not depend on how Keras counts layers."""
        return {
            f"{layer.name}/{index}_{weight.name}": weight
            for layer in self._layers_in_order()
            for index, weight in enumerate(layer.weights)
            if "seed" not in weight.name
        }
