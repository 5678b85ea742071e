"""Which fitted bodies are doubtful, and why: few keypoints, large residuals, unsure joints."""

import numpy as np

from hps_tf.fitting import FitResult

#: Share of the keypoints below which most of a body is the prior's guess.
FEWEST_SEEN = 0.5

#: Mean distance of fitted from detected keypoints, as a share of the extent of the latter.
LARGEST_RESIDUAL = 0.05

#: Metres of standard deviation, the mean over joints seen from the pelvis.
LARGEST_STD = 0.15


def reasons(result: FitResult, keypoints: np.ndarray, is_seen: np.ndarray) -> list[list[str]]:
    """Says of each body why it is doubtful; nothing if it is not.

    Args:
      result: N bodies.
      keypoints: `(N, K, 2)` detected keypoints, pixels.
      is_seen: `(N, K)` bool, which of them are not missing; at least one of each body's.
    """
    found: list[list[str]] = [[] for _ in range(len(result))]
    num_keypoints = is_seen.shape[1]
    for row, (points, seen) in enumerate(zip(keypoints, is_seen, strict=True)):
        if seen.sum() < FEWEST_SEEN * num_keypoints:
            found[row].append(f"{seen.sum()} of {num_keypoints} keypoints")
        residual = float(result.residuals[row][seen].mean())
        extent = float(np.ptp(points[seen], axis=0).max())
        if not residual <= LARGEST_RESIDUAL * extent:
            found[row].append(f"residual of {residual:.1f} pixels")
        if not result.converged[row]:
            found[row].append("not settled")
        if result.joint_std is not None:
            deviation = float(result.joint_std[row].mean())
            if not deviation <= LARGEST_STD:
                found[row].append(f"joints unsure by {100 * deviation:.0f} cm")
    return found
