"""Chooses one of several bodies for each frame of a video, by dynamic programming."""

import numpy as np

from hps_tf.fitting.result import FitResult, concatenate

_JUMP = 0.1  # Metres of joints' motion between frames that cost as much as `_JUMP_COST`.
_JUMP_COST = 10.0


def best_chain(candidates: list[FitResult], before: FitResult | None = None) -> FitResult:
    """Chooses one body for each frame: low losses and small steps between frames.

    Minimizes the sum over frames of the loss and of 10 (step / 0.1 m)², the step being the root
    mean square over joints, seen from the pelvis; by dynamic programming, N starts² steps.

    Args:
      candidates: Bodies of N frames, from each start.
      before: The body of the frame before the first, if there is one.

    Returns:
      The N bodies chosen.
    """
    losses = np.stack([candidate.loss for candidate in candidates], axis=1)
    joints = np.stack([_from_pelvis(candidate) for candidate in candidates], axis=1)
    cost = losses[0].astype(np.float64)
    if before is not None:
        cost += _steps(_from_pelvis(before)[-1:], joints[0])[0]
    came_from = np.zeros(losses.shape, int)
    for frame in range(1, len(losses)):
        through = cost[:, None] + _steps(joints[frame - 1], joints[frame])
        came_from[frame] = through.argmin(axis=0)
        cost = through.min(axis=0) + losses[frame]
    choice = np.empty(len(losses), int)
    choice[-1] = cost.argmin()
    for frame in range(len(losses) - 1, 0, -1):
        choice[frame - 1] = came_from[frame, choice[frame]]
    return concatenate(candidates).select(choice * len(losses) + np.arange(len(losses)))


def _steps(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Costs `(S, S')` of steps between `(S, 24, 3)` and `(S', 24, 3)` joints."""
    squares = np.square(start[:, None] - stop[None]).sum(axis=3).mean(axis=2)
    return _JUMP_COST * squares / _JUMP**2


def _from_pelvis(result: FitResult) -> np.ndarray:
    return result.joints_3d - result.joints_3d[:, :1]
