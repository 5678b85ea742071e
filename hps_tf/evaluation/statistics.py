"""Means, intervals and one-sided tests by a paired bootstrap over clips and seeds.

People of one clip resemble each other, and a learned prior depends on its seed: a replicate draws
clips, and the seeds of every family of priors, with replacement. The same draw serves all rows, so
differences of rows are paired in people, and of rows on one family in seeds too.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

NUM_REPLICATES = 10_000
LEVEL = 0.95


@dataclasses.dataclass(frozen=True)
class Difference:
    """How much two mean errors differ.

    Attributes:
      mean: The first less the second.
      interval: Two-sided 95 % interval.
      p: Share of the replicates in which the difference is not below the margin: the one-sided
        p-value of the claim that it is.
    """

    mean: float
    interval: tuple[float, float]
    p: float


class Bootstrap:
    """Replicates of rows' mean errors.

    Args:
      clips: `(N,)` which clip each person is of.
      num_seeds: Number of seeds by family of priors.
      seed: Of the draws.

    Attributes:
      num_clips: How many clips there are.
    """

    def __init__(self, clips: Sequence[str] | np.ndarray, num_seeds: Mapping[str, int], seed: int):
        names, self._clip_of_person = np.unique(clips, return_inverse=True)
        self.num_clips = len(names)
        self._people = np.bincount(self._clip_of_person)
        rng = np.random.default_rng(seed)
        self._clip_draws = _draw(rng, self.num_clips)
        self._seed_draws = {family: _draw(rng, num_seeds[family]) for family in sorted(num_seeds)}

    def replicates(self, errors: np.ndarray, family: str | None) -> np.ndarray:
        """Computes the mean error of every replicate.

        Args:
          errors: `(seeds, N)` errors of the people with each seed.
          family: Whose seeds they are; None for a method without, of one row.

        Returns:
          `(NUM_REPLICATES,)`.

        Raises:
          ValueError: If the number of rows is not that of the family's seeds.
        """
        num_seeds = 1 if family is None else self._seed_draws[family].shape[1]
        expected = (num_seeds, len(self._clip_of_person))
        if errors.shape != expected:
            raise ValueError(f"`errors`: expected shape {expected}, received {errors.shape}")
        sums = np.stack([np.bincount(self._clip_of_person, row) for row in errors])
        means = self._clip_draws @ sums.T / (self._clip_draws @ self._people)[:, None]
        if family is None:
            return means[:, 0]
        return (means * self._seed_draws[family]).sum(axis=1) / num_seeds


def compare(first: np.ndarray, second: np.ndarray, mean: float, margin: float = 0.0) -> Difference:
    """Tests whether the first of two mean errors is lower.

        difference = compare(bootstrapped_first, bootstrapped_second, mean=-0.4)

    Args:
      first: Replicates of the first mean error, from one `Bootstrap`.
      second: Those of the second.
      mean: The difference of the means themselves, first less second.
      margin: Upper limit of the claimed difference; above 0 it claims "hardly worse".

    Returns:
      The difference with its interval and p-value, which is never 0.
    """
    differences = first - second
    failures = np.count_nonzero(differences >= margin)
    return Difference(
        mean, percentile_interval(differences), (failures + 1) / (len(differences) + 1)
    )


def percentile_interval(replicates: np.ndarray) -> tuple[float, float]:
    """The interval that holds the middle 95 % of replicates."""
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(replicates, [tail, 100 - tail])
    return float(low), float(high)


def _draw(rng: np.random.Generator, count: int) -> np.ndarray:
    """`(NUM_REPLICATES, count)` how often each of `count` things is drawn."""
    return rng.multinomial(count, np.full(count, 1 / count), NUM_REPLICATES)
