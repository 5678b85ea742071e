"""How well samples of a density match real poses.

Samples and real poses are compared by their joints: positions relative to the root, metres, which
mean the same for every pose space. Where both sets carry the same dequantisation noise, a perfect
density reaches a distance of 0 and precision, recall, density and coverage near 1.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from scipy.spatial import distance

#: Rows of a distance matrix held at a time.
_CHUNK = 512


@dataclasses.dataclass(frozen=True)
class NeighbourhoodScores:
    """Fidelity and diversity of samples by nearest neighbours.

    Attributes:
      precision: Share of samples within the real set's neighbourhoods.
      recall: Share of real points within the samples' neighbourhoods.
      density: Mean number of real neighbourhoods a sample lies in, over k.
      coverage: Share of real neighbourhoods that hold a sample.
    """

    precision: float
    recall: float
    density: float
    coverage: float


class Neighbourhoods:
    """A set of points, each with the ball that just reaches its k-th nearest neighbour.

    Args:
      points: `(N, F)`, N > k.
      k: How many neighbours, the point itself not counted.

    Attributes:
      points: `(N, F)` float64.
      squared_radii: `(N,)`.
      k: How many neighbours.

    Raises:
      ValueError: If there are too few points.
    """

    def __init__(self, points: np.ndarray, k: int):
        if len(points) <= k:
            raise ValueError(f"`points`: expected more than k = {k}, received {len(points)}")
        self.points = np.asarray(points, np.float64)
        self.k = k
        self.squared_radii = np.concatenate(
            [
                np.partition(squared, k, axis=1)[:, k]  # The 0-th neighbour is the point itself.
                for _, squared in _squared_distances(self.points, self.points)
            ]
        )


def neighbourhood_scores(real: Neighbourhoods, samples: Neighbourhoods) -> NeighbourhoodScores:
    """Compares samples with real points by their neighbourhoods.

        scores = neighbourhood_scores(Neighbourhoods(real, 5), Neighbourhoods(samples, 5))

    Precision and recall: Kynkäänniemi et al. 2019, section 2; density and coverage: Naeem et al.
    2020, section 3.

    Args:
      real: The real points.
      samples: The samples, with the same k.

    Returns:
      The four scores.

    Raises:
      ValueError: If the two sets' k differ.
    """
    if real.k != samples.k:
        raise ValueError(
            f"`real` and `samples`: expected the same k, received {real.k}, {samples.k}"
        )
    hits = np.zeros(len(samples.points), np.int64)
    recalled = np.zeros(len(real.points), bool)
    covered = np.zeros(len(real.points), bool)
    for rows, squared in _squared_distances(real.points, samples.points):
        within_real = squared <= real.squared_radii[rows, None]
        hits += within_real.sum(axis=0)
        covered[rows] = within_real.any(axis=1)
        recalled[rows] = (squared <= samples.squared_radii).any(axis=1)
    return NeighbourhoodScores(
        precision=float((hits > 0).mean()),
        recall=float(recalled.mean()),
        density=float(hits.mean() / real.k),
        coverage=float(covered.mean()),
    )


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Computes the Fréchet distance of two sets as Gaussians (Heusel et al. 2017, Eq. 6).

    |mean_a - mean_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)), in squared units of the points.

    Args:
      a: `(N, F)` points.
      b: `(M, F)` points.

    Returns:
      The distance; 0 where means and covariances are equal.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    offset = a.mean(axis=0) - b.mean(axis=0)
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # C_a C_b has the eigenvalues of C_a^(1/2) C_b C_a^(1/2), which is symmetric: real, and stable
    # where the covariances are singular.
    root = _square_root(covariance_a)
    eigenvalues = np.linalg.eigvalsh(root @ covariance_b @ root)
    cross = np.sqrt(np.maximum(eigenvalues, 0.0)).sum()
    squared = offset @ offset + np.trace(covariance_a) + np.trace(covariance_b) - 2.0 * cross
    return max(float(squared), 0.0)


def average_pairwise_distance(joints: np.ndarray) -> float:
    """Computes the diversity of poses: the mean distance of a joint between two of them.

    Args:
      joints: `(N, J, 3)` positions relative to the root, N > 1.

    Returns:
      The mean over all pairs of poses and all joints, in the unit of the positions.
    """
    num_poses, num_joints, _ = joints.shape
    joints = np.asarray(joints, np.float64)
    total = sum(
        distance.cdist(joints[rows, joint], joints[:, joint]).sum()
        for rows in _chunks(num_poses)
        for joint in range(num_joints)
    )
    return float(total / (num_poses * (num_poses - 1) * num_joints))


def joint_ranges(pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds how far each joint turns: the least and greatest of each axis-angle component.

    Args:
      pose: `(N, J, 3)` axis-angle, radians, angles up to pi.

    Returns:
      Lower and upper bounds, `(J, 3)` each.
    """
    return pose.min(axis=0), pose.max(axis=0)


def share_in_ranges(pose: np.ndarray, ranges: tuple[np.ndarray, np.ndarray]) -> float:
    """Computes the share of poses with every joint within its range.

    Args:
      pose: `(N, J, 3)` axis-angle, radians, angles up to pi.
      ranges: The result of `joint_ranges`.

    Returns:
      A share in 0..1.
    """
    lower, upper = ranges
    within = (pose >= lower) & (pose <= upper)
    return float(within.all(axis=(1, 2)).mean())


def _square_root(covariance: np.ndarray) -> np.ndarray:
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T


def _squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields the squared distances of all pairs, some rows of `a` at a time.

    Differences are squared, not expanded: the distance of equal points is exactly zero.
    """
    for rows in _chunks(len(a)):
        yield rows, distance.cdist(a[rows], b, "sqeuclidean")


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, _CHUNK):
        yield slice(start, start + _CHUNK)
