"""How true standard deviations of joints are, and how well they tell wrong bodies.

A joint's standard deviation is the root of the summed variances along x, y and z. If errors are
normal and alike along all three axes, the joint is within a distance of it that a chi distribution
with three degrees of freedom gives.
"""

import dataclasses

import numpy as np
from scipy import stats

LEVELS = (0.5, 0.8, 0.95)
"""Shares of the joints that intervals are meant to hold."""

_MATCHED = 0.8
_LEAST = 1e-6  # Metres; a standard deviation of 0 has no interval.


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How many joints are within their intervals.

    Attributes:
      coverage: Shares of the joints within the interval of each of `LEVELS`.
      quantiles: Of `LEVELS`: so many standard deviations that share of the joints is off at most.
      scale: What the standard deviations must be multiplied by for the 80 % interval to hold 80 %.
    """

    coverage: tuple[float, ...]
    quantiles: tuple[float, ...]
    scale: float


def radius(level: float | np.ndarray) -> np.ndarray:
    """The distance, in standard deviations, that a share of normal errors does not exceed.

        radius(0.95)  # 1.61

    Args:
      level: From 0 to 1.
    """
    return stats.chi.ppf(level, 3) / np.sqrt(3)


def calibrate(distance: np.ndarray, std: np.ndarray) -> Calibration:
    """Compares errors with the standard deviations that were given for them.

        calibrate(np.linalg.norm(found - true, axis=-1), joint_std)

    Args:
      distance: `(...)` how far joints are off, metres.
      std: `(...)` their standard deviations, metres.

    Returns:
      Figures over all joints.

    Raises:
      ValueError: If the shapes differ or there are no joints.
    """
    distance, std = np.asarray(distance, np.float64), np.asarray(std, np.float64)
    if distance.shape != std.shape or not distance.size:
        raise ValueError(
            f"`std`: expected the shape of `distance`, {distance.shape}, and at least one joint,"
            f" received {std.shape}"
        )
    ratio = distance / np.maximum(std, _LEAST)
    return Calibration(
        coverage=tuple(float(np.mean(ratio <= radius(level))) for level in LEVELS),
        quantiles=tuple(float(each) for each in np.quantile(ratio, LEVELS)),
        scale=float(np.quantile(ratio, _MATCHED) / radius(_MATCHED)),
    )
