"""Area under the ROC curve of an energy that separates real poses from others."""

import numpy as np


def roc_auc(real: np.ndarray, other: np.ndarray) -> float:
    """Computes the probability that a real pose has the lower energy (area under the ROC curve).

    Args:
      real: `(N,)` energies of real poses.
      other: `(M,)` energies of others.

    Returns:
      From 0 to 1; 0.5 if the energies do not separate them. Ties count half.
    """
    values = np.sort(other)
    above = len(values) - np.searchsorted(values, real, side="right")
    equal_or_above = len(values) - np.searchsorted(values, real, side="left")
    return float(np.mean(0.5 * (above + equal_or_above)) / len(values))
