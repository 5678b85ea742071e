"""Principal components of body shape, found in the space of target weights.

Every shape is `base + weights @ displacements` with K targets, so the covariance of the vertices
has rank K at most and its eigenvectors follow from K x K matrices, for any number of people.
"""

from typing import NamedTuple

import numpy as np


class ShapeSpace(NamedTuple):
    """A linear space of shapes: `mean + components @ shape`, one standard deviation a unit.

    Attributes:
      mean: `(P, 3)`.
      components: `(P, 3, S)`.
      explained: `(S,)` share of the variance of each component.
    """

    mean: np.ndarray
    components: np.ndarray
    explained: np.ndarray


def principal_components(
    base: np.ndarray, displacements: np.ndarray, weights: np.ndarray, surface: int, count: int
) -> ShapeSpace:
    """Computes the mean and the leading components of a population.

    Args:
      base: `(P, 3)` points of the undeformed body.
      displacements: `(K, P, 3)`.
      weights: `(N, K)`, a row per person.
      surface: The number of points, from the first on, on which variance is measured; the others
        (joints, landmarks) follow along.
      count: Number of components.

    Returns:
      The shape space. Each component's sign is the one that makes the body larger.
    """
    mean_weights = weights.mean(axis=0)
    mean = base + np.tensordot(mean_weights, displacements, 1)

    flat = displacements[:, :surface].reshape(len(displacements), -1)
    root, inverse_root = _square_roots(flat @ flat.T)
    variances, vectors = np.linalg.eigh(root @ np.cov(weights.T) @ root.T)
    leading = np.argsort(-variances)[:count]
    mixing = (vectors[:, leading] * np.sqrt(variances[leading])).T @ inverse_root
    components = np.tensordot(mixing, displacements, 1)

    growth = np.sum(components[:, :surface] * mean[:surface], axis=(1, 2))
    components *= np.where(growth < 0.0, -1.0, 1.0)[:, None, None]
    return ShapeSpace(mean, np.moveaxis(components, 0, -1), variances[leading] / variances.sum())


def _square_roots(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns R with `R.T @ R = gram` and its pseudo-inverse's transpose, null space left out."""
    values, vectors = np.linalg.eigh(gram)
    kept = values > values.max() * 1e-10
    root = (vectors[:, kept] * np.sqrt(values[kept])).T
    return root, (vectors[:, kept] / np.sqrt(values[kept])).T
