"""Base of all pose priors: a pose space, an energy, samples and training."""

import functools
from typing import Any, ClassVar

import keras
import tensorflow as tf

from hps_tf.geometry import checks
from hps_tf.priors import draws
from hps_tf.priors.prior_layer import PriorLayer
from hps_tf.priors.stored_prior import StoredPrior

_ABILITIES = {"density": "a density", "latent": "a latent space", "samples": "samples"}


class PosePrior(StoredPrior):
    """A trained model of which poses are plausible.

    A subclass names its architectures and implements `_energy` or `_log_prob`; with a latent space
    `_encode`, `_decode` and `latent_dim`; for samples without one, `_draw`; for `fit` without a
    density, `_loss`. These take and give `(N, D)` vectors. What is public here takes any batch
    axes, float64 and Keras' symbolic tensors, and runs compiled in eager mode.

    Example:
      >>> prior = hps_tf.priors.load("cmu-6d-light")
      >>> x = prior.sample((2, 3), seed=0)  # (2, 3, 126)
      >>> prior.log_prob(x)  # (2, 3) nats

    Args:
      space: The pose space.
      sigma: Standard deviation of the noise that the prior assumes; each class says of what.
      architecture: One of the class's `architectures`; None for the first.
      **options: The architecture's options.

    Attributes:
      architectures: The names by which files of the class are known.
      title: The start of a sentence about the prior, for model cards.
      measure: The meaning of its energy, for model cards.
      references: Densities fitted to the same training data, by name.
      card: Its training data, command and measured figures.

    Raises:
      ValueError: If the architecture is unknown or sigma not positive.
    """

    title: ClassVar[str] = "A pose prior"
    measure: ClassVar[str] = ""

    @property
    def has_density(self) -> bool:
        """Whether there is `log_prob`."""
        return _implements(self, "_log_prob")

    @property
    def latent_dim(self) -> int:
        """The number of latents L; 0 without a latent space."""
        return 0

    @property
    def has_samples(self) -> bool:
        """Whether there is `sample`."""
        return self.latent_dim > 0 or _implements(self, "_draw")

    def require(self, *abilities: str) -> None:
        """Checks the prior's abilities.

        Args:
          *abilities: Of ``"density"``, ``"latent"`` and ``"samples"``.

        Raises:
          ValueError: If it lacks one of them.
        """
        has = {
            "density": self.has_density,
            "latent": self.latent_dim > 0,
            "samples": self.has_samples,
        }
        for ability in abilities:
            if not has[ability]:
                raise ValueError(
                    f"expected a prior with {_ABILITIES[ability]}, received {self.architecture} "
                    f"({type(self).__name__})"
                )

    def energy(self, x: tf.Tensor) -> tf.Tensor:
        """How implausible poses are: for fitting, in the place of a negative log-density.

        Args:
          x: `(..., D)` vectors of the pose space.

        Returns:
          `(...)` nats; lower is more plausible. Where there is a density, -log p(x).
        """
        return self._answer("energy", "x", x, self.space.dim)

    def log_prob(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Log-density.

        Args:
          x: `(..., D)` vectors of the pose space.
          training: Whether dropout is on.

        Returns:
          `(...)` nats.

        Raises:
          ValueError: If the prior has no density.
        """
        self.require("density")
        return self._answer("log_prob", "x", x, self.space.dim, training)

    def encode(self, x: tf.Tensor) -> tf.Tensor:
        """Maps `(..., D)` vectors to `(..., L)` latents, standard normal under the prior.

        Raises:
          ValueError: If the prior has no latent space.
        """
        self.require("latent")
        return self._answer("encode", "x", x, self.space.dim)

    def decode(self, latent: tf.Tensor) -> tf.Tensor:
        """Maps `(..., L)` latents to `(..., D)` vectors.

        Raises:
          ValueError: If the prior has no latent space.
        """
        self.require("latent")
        return self._answer("decode", "latent", latent, self.latent_dim)

    def sample(self, sample_shape: Any = (), seed: draws.Seed = None) -> tf.Tensor:
        """Draws vectors of the pose space, as TFP's distributions do.

        Samples of a density carry its noise of standard deviation `sigma`; `space.project` gives
        the true rotations nearest to them.

        Args:
          sample_shape: A number, or numbers, of vectors; `()` for a single one.
          seed: A number or a pair of numbers, which always give the same vectors, or None.

        Returns:
          `(*sample_shape, D)`.

        Raises:
          ValueError: If the prior has no samples.
        """
        self.require("samples")
        draw = functools.partial(self._functions.call, "_draw")
        return draws.draw(draw, sample_shape, seed)

    def interpolate(self, start: tf.Tensor, stop: tf.Tensor, steps: int) -> tf.Tensor:
        """Walks between poses on a straight line in latent space (Zanfir et al. 2020, Fig. 1).

        Args:
          start: `(..., D)` vectors.
          stop: `(..., D)` vectors.
          steps: How many vectors, both ends included; at least 2.

        Returns:
          `(steps, ..., D)` vectors; the first and the last decode the latents of the ends.

        Raises:
          ValueError: If `steps` is below 2, or the prior has no latent space.
        """
        if steps < 2:
            raise ValueError(f"`steps`: expected at least 2, received {steps}")
        first, last = self.encode(start), self.encode(stop)
        share = tf.linspace(tf.zeros([], first.dtype), tf.ones([], first.dtype), steps)
        share = tf.reshape(share, [steps] + [1] * len(first.shape))
        return self.decode((1.0 - share) * first + share * last)

    def distribution(self):
        """The density as a distribution of `tfp.distributions`, a view of the weights.

        Raises:
          ValueError: If the prior has no density.
        """
        self.require("density")
        raise NotImplementedError(f"{type(self).__name__} has no view as a distribution of TFP")

    def call(self, x, training=False):
        """The same as `log_prob`, or `energy` where there is no density."""
        return self.log_prob(x, training) if self.has_density else self.energy(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Computes what `fit` minimises: the mean over the batch, `sample_weight` applied.

        The negative log-likelihood where there is a density, else what the class trains by. The
        poses are given without noise: noise of standard deviation `sigma`, of which the density is,
        is drawn here, anew in every step and for validation too. A loss given to `compile` takes
        precedence.
        """
        if self.loss is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        x = self._vectors("x", x, self.space.dim)
        loss = self._loss(tf.reshape(x, [-1, self.space.dim]), training)
        # Keras' own reduction knows of weights and replicas.
        return _Mean(name="mean")(tf.zeros_like(loss), loss, sample_weight) + sum(self.losses)

    def _energy(self, x: tf.Tensor) -> tf.Tensor:
        return -self._log_prob(x)

    def _log_prob(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        raise NotImplementedError

    def _encode(self, x: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _decode(self, latent: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _draw(self, count: Any, seed: tf.Tensor) -> tf.Tensor:
        """Draws `(count, D)` vectors from a `(2,)` seed."""
        return self._decode(
            tf.random.stateless_normal(
                tf.stack([count, self.latent_dim]),
                seed,
                dtype=self.variable_dtype,
                alg="philox",
            )
        )

    def _loss(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """The loss that `fit` minimises, `(N,)`."""
        if not self.has_density:
            raise NotImplementedError(f"{type(self).__name__} can't be trained by `fit`")
        # The density is that of poses with noise, which keeps it from growing without bound.
        noise = self.sigma * tf.random.normal(tf.shape(x), dtype=x.dtype)
        return -self._log_prob(x + noise, training=training)

    def _vectors(self, name: str, x: Any, size: int) -> tf.Tensor:
        x = tf.cast(tf.convert_to_tensor(x), self.variable_dtype)
        checks.shape(name, x, (..., size))
        return x

    def _answer(
        self, method: str, name: str, x: Any, size: int, training: bool = False
    ) -> tf.Tensor:
        """Calls a method of `(N, size)` vectors on `(..., size)` ones."""
        if keras.backend.is_keras_tensor(x):
            checks.shape(name, x, (..., size))
            return PriorLayer(self, method)(x)
        x = self._vectors(name, x, size)
        flat = x if x.shape.rank == 2 else tf.reshape(x, [-1, size])
        if training:
            answer = getattr(self, f"_{method}")(flat, training=True)
        else:
            answer = self._functions.call(f"_{method}", flat)
        if flat is x:
            return answer
        return tf.reshape(answer, tf.concat([tf.shape(x)[:-1], answer.shape[1:]], 0))


@keras.saving.register_keras_serializable("hps_tf")
class _Mean(keras.losses.Loss):
    """The mean of losses that are computed already."""

    def call(self, y_true, y_pred):
        """Gives back the second argument."""
        return y_pred


def _implements(prior: PosePrior, method: str) -> bool:
    return getattr(type(prior), method) is not getattr(PosePrior, method)
