"""How likely a density finds poses: negative log-likelihoods in nats per dimension.

Motion capture fills only a thin part of its pose space, so a density is that of poses with Gaussian
noise of standard deviation sigma added. Negative log-likelihoods are compared at one space, one
sigma and one draw of that noise.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hps_tf.metrics import batches

QUANTILES = (5, 25, 75, 95, 99)


@dataclasses.dataclass(frozen=True)
class LikelihoodSummary:
    """The distribution of negative log-likelihoods over poses, nats per dimension.

    The mean is dominated by a few out-of-distribution poses.

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


def nll_per_dim(log_prob: Callable[[tf.Tensor], tf.Tensor], x: np.ndarray) -> np.ndarray:
    """Computes -log p(x) / D of each vector.

    Args:
      log_prob: Gives `(B,)` log-densities in nats of `(B, D)` vectors.
      x: `(N, D)` vectors, N > 0.

    Returns:
      `(N,)` float64, nats per dimension.
    """
    return -batches.apply(log_prob, x).astype(np.float64) / x.shape[-1]


def summary(nll: np.ndarray) -> LikelihoodSummary:
    """Summarises `(N,)` negative log-likelihoods."""
    values = np.percentile(nll, QUANTILES)
    return LikelihoodSummary(
        mean=float(nll.mean()),
        median=float(np.median(nll)),
        quantiles=dict(zip(QUANTILES, values.tolist(), strict=True)),
    )
