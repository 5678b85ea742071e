"""How likely a density finds poses: negative log-likelihoods in nats per dimension.

Motion capture fills only a thin part of its pose space, so a density is that of poses with Gaussian
noise of standard deviation sigma added. Negative log-likelihoods are compared at one space, one
sigma and one draw of that noise.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

QUANTILES = (5, 25, 75, 95, 99)


@dataclasses.dataclass(frozen=True)
class LikelihoodSummary:
    """The distribution of negative log-likelihoods over poses, nats per dimension.

    The mean alone is ruled by the few poses that a density has never seen the like of.

    Attributes:
      mean: Mean.
      median: Median.
      quantiles: Values by percentage, for each of `QUANTILES`.
    """

    mean: float
    median: float
    quantiles: dict[int, float]


def dequantised(x: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Adds the noise under which densities over poses are compared.

    Args:
      x: `(N, D)` vectors of a pose space.
      sigma: Standard deviation of the noise, in the space's units.
      seed: Seed of the draw.

    Returns:
      `(N, D)` float32.
    """
    noise = np.random.default_rng(seed).standard_normal(x.shape, np.float32)
    return (x + sigma * noise).astype(np.float32)


def nll_per_dim(
    log_prob: Callable[[tf.Tensor], tf.Tensor], x: np.ndarray, batch_size: int = 4096
) -> np.ndarray:
    """Computes -log p(x) / D of each vector.

    Args:
      log_prob: Gives `(B,)` log-densities in nats of `(B, D)` vectors; called with one B only, so
        that a compiled function is compiled once.
      x: `(N, D)` vectors, N > 0.
      batch_size: B.

    Returns:
      `(N,)` float64, nats per dimension.
    """
    num_vectors, dim = x.shape
    # The last batch is filled up by repeating the last vector.
    padded = np.pad(x, [(0, -num_vectors % batch_size), (0, 0)], mode="edge")
    log_probs = [log_prob(tf.constant(batch)).numpy() for batch in _batches(padded, batch_size)]
    return -np.concatenate(log_probs)[:num_vectors].astype(np.float64) / dim


def summary(nll: np.ndarray) -> LikelihoodSummary:
    """Summarises `(N,)` negative log-likelihoods."""
    values = np.percentile(nll, QUANTILES)
    return LikelihoodSummary(
        mean=float(nll.mean()),
        median=float(np.median(nll)),
        quantiles=dict(zip(QUANTILES, values.tolist(), strict=True)),
    )


def _batches(x: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return np.split(x, len(x) // batch_size)
