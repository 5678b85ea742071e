"""Gaussian mixtures over poses: the baseline of SMPLify, and with one component the Gaussian."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf.priors import draws

#: Whiteners `(K, D, D)`, centres `(K, D)` and log-scales `(K,)`.
Parameters = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


class GaussianMixture:
    """A mixture of Gaussians with full covariances.

    Args:
      weights: `(K,)` mixture weights, summing to 1.
      means: `(K, D)`.
      covariances: `(K, D, D)`, positive definite.
    """

    def __init__(self, weights: np.ndarray, means: np.ndarray, covariances: np.ndarray):
        self.weights = np.asarray(weights, np.float64)
        self.means = np.asarray(means, np.float64)
        self.covariances = np.asarray(covariances, np.float64)
        factors = np.linalg.cholesky(self.covariances)
        whiteners = np.linalg.inv(factors)
        half_log_det = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(-1)
        normaliser = half_log_det + 0.5 * self.dim * np.log(2 * np.pi)
        self._factors = tf.constant(factors, tf.float32)
        self._whiteners = tf.constant(whiteners, tf.float32)
        self._centres = tf.constant(self.means, tf.float32)
        self._log_scales = tf.constant(np.log(self.weights) - normaliser, tf.float32)

    @property
    def dim(self) -> int:
        """The number of dimensions D."""
        return self.means.shape[1]

    @classmethod
    def gaussian(cls, mean: np.ndarray, covariance: np.ndarray) -> "GaussianMixture":
        """The mixture of one component: `(D,)` mean and `(D, D)` covariance."""
        return cls(np.ones(1), mean[None], covariance[None])

    @classmethod
    def fit(
        cls, x: np.ndarray, num_components: int, seed: int, max_iterations: int = 200
    ) -> "GaussianMixture":
        """Fits a mixture by expectation maximisation (scikit-learn).

        Args:
          x: `(N, D)` samples, their dequantisation noise already added.
          num_components: K; the SMPLify prior has 8.
          seed: Seed of the k-means start.
          max_iterations: Bound of the expectation-maximisation steps.

        Returns:
          The mixture.
        """
        import threadpoolctl
        from sklearn import mixture

        estimator = mixture.GaussianMixture(
            num_components, random_state=seed, max_iter=max_iterations, reg_covar=1e-6
        )
        # On a busy machine the threads of these small products wait for each other for minutes.
        with threadpoolctl.threadpool_limits(limits=1):
            fitted = estimator.fit(np.asarray(x, np.float32))
        return cls(fitted.weights_, fitted.means_, fitted.covariances_)

    def distribution(self) -> Any:
        """The mixture as a `tfp.distributions.MixtureSameFamily`."""
        # TensorFlow Probability takes seconds to import, and only this view needs it.
        from tensorflow_probability import distributions as tfd

        return tfd.MixtureSameFamily(
            tfd.Categorical(probs=tf.constant(self.weights, tf.float32)),
            tfd.MultivariateNormalTriL(self._centres, self._factors),
        )

    def log_prob(self, x: tf.Tensor) -> tf.Tensor:
        """Log-density in nats of `(..., D)` vectors, `(...)`."""
        return tf.reduce_logsumexp(log_joint(x, self.parameters()), axis=-1)

    def parameters(self) -> Parameters:
        """Gives the mixture as tensors, for `closest_mode_energy`."""
        return self._whiteners, self._centres, self._log_scales

    def closest_mode_energy(self, x: tf.Tensor, parameters: Parameters | None = None) -> tf.Tensor:
        """SMPLify's approximation of the negative log-density by its largest term alone.

        Bogo et al. 2016, Eq. 5: min over components of -log(weight * density).

        Args:
          x: `(..., D)` vectors.
          parameters: Those of another mixture of as many components to use instead of this one.

        Returns:
          `(...)` energies in nats, never below `-log_prob(x)`.
        """
        return -tf.reduce_max(log_joint(x, parameters or self.parameters()), axis=-1)

    def sample(self, sample_shape: Any = (), seed: draws.Seed = None) -> tf.Tensor:
        """Draws vectors, as `PosePrior.sample`; the same seed gives the same vectors."""
        draw = functools.partial(
            draw_mixture,
            log_weights=tf.math.log(tf.constant(self.weights, tf.float32)),
            centres=self._centres,
            factors=self._factors,
        )
        return draws.draw(draw, sample_shape, seed)


def draw_mixture(
    count: Any, seed: tf.Tensor, log_weights: tf.Tensor, centres: tf.Tensor, factors: tf.Tensor
) -> tf.Tensor:
    """Draws from a mixture.

    Args:
      count: How many vectors, a number or a scalar tensor.
      seed: `(2,)`.
      log_weights: `(K,)` logarithms of the components' weights.
      centres: `(K, D)`.
      factors: `(K, D, D)` Cholesky factors of the covariances.

    Returns:
      `(count, D)`.
    """
    seeds = tf.random.split(seed, 2)
    component = tf.random.stateless_categorical(log_weights[tf.newaxis], count, seeds[0])[0]
    shape = tf.stack([count, centres.shape[-1]])
    noise = tf.random.stateless_normal(shape, seeds[1], dtype=centres.dtype)
    return tf.gather(centres, component) + tf.linalg.matvec(tf.gather(factors, component), noise)


def log_joint(x: tf.Tensor, parameters: Parameters) -> tf.Tensor:
    """`(..., D)` to `(..., K)`: log weight + log density of each component."""
    whiteners, centres, log_scales = parameters
    offsets = tf.cast(x, centres.dtype)[..., None, :] - centres
    whitened = tf.einsum("kij,...kj->...ki", whiteners, offsets)
    return log_scales - 0.5 * tf.reduce_sum(tf.square(whitened), axis=-1)
