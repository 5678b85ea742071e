"""A few of many recorded poses."""

import numpy as np


def evenly_spaced(poses: np.ndarray, count: int) -> np.ndarray:
    """Picks at most `count` poses over all of them, because neighbouring frames look alike.

    Args:
      poses: `(N, ...)`.
      count: How many to pick; all where there are no more.

    Returns:
      `(min(count, N), ...)`, the first and the last among them.
    """
    if len(poses) <= count:
        return poses
    return poses[np.linspace(0, len(poses) - 1, count).astype(int)]
