"""The rotation by the smallest angle from one direction to another.

Convention: matrices act on column vectors.
"""

import numpy as np


def between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Rotates one direction onto another about their common normal (Rodrigues' formula).

    Args:
      start: `(3,)` direction, of any length above 0.
      end: `(3,)` direction, of any length above 0, not opposite to `start`.

    Returns:
      `(3, 3)` rotation matrix, the identity for parallel directions.
    """
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    x, y, z = np.cross(start, end)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + start @ end)
