"""The flows' architectures by name.

Each preset gives the steps in the order of the density direction, after the whitening. Every step
starts as the identity, so every preset starts as the Gaussian of the whitening.
"""

from collections.abc import Callable

import keras
import numpy as np

from hps_tf.priors.autoregressive_step import AutoregressiveStep
from hps_tf.priors.coupling_step import CouplingStep
from hps_tf.priors.linear_step import LinearStep
from hps_tf.priors.prelu_step import PReLUStep

Steps = list[keras.layers.Layer]
import os

SLOPE = float(os.environ.get("SLOPE", "1"))


def realnvp(
    dim: int,
    num_steps: int = 8,
    hidden_units: tuple[int, ...] = (128, 128),
    dropout: float = 0.0,
) -> Steps:
    """The paper's prior: a fully-connected layer before each RealNVP coupling."""
    steps: Steps = []
    for index in range(num_steps):
        # The whitened axes come sorted by variance. The halves are swapped at every second step:
        # the first coupling explains the axes that hold little by those that hold much.
        swap = np.roll(np.arange(dim), -(dim // 2)) if index else None
        steps.append(LinearStep(dim, permutation=swap, name=f"linear_{index}"))
        steps.append(
            CouplingStep(dim, dim // 2, hidden_units, dropout=dropout, name=f"coupling_{index}")
        )
    return steps


def light(dim: int, num_steps: int | None = None) -> Steps:
    """The paper's light variant: fully-connected layers and parametric rectifiers alone.

    Args:
      dim: The number of dimensions D.
      num_steps: How many; by default as many as keep the prior within 93,000 trainable parameters.

    Returns:
      The steps.
    """
    if num_steps is None:
        num_steps = 93_000 // (dim * (dim + 3))
    steps: Steps = []
    for index in range(num_steps):
        steps.append(LinearStep(dim, name=f"linear_{index}"))
        log_slope = _initial_log_slope(index, num_steps)
        steps.append(PReLUStep(dim, log_slope, name=f"prelu_{index}"))
    return steps


def _initial_log_slope(index: int, num_steps: int) -> float:
    """Slopes that undo one another in pairs, so that the whole starts as the identity.

    Were each step the identity, the linear layers around it would start without a gradient
    towards anything curved. A rectifier and its inverse with a linear layer between them bend one
    axis as a function of another as soon as that layer moves.
    """
    if index == num_steps - 1 and num_steps % 2:
        return 0.0
    return SLOPE if index % 2 == 0 else -SLOPE


def maf(dim: int, num_steps: int = 5, hidden_units: tuple[int, ...] = (256, 256)) -> Steps:
    """A masked autoregressive flow, for comparison."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=False)


def iaf(dim: int, num_steps: int = 2, hidden_units: tuple[int, ...] = (128, 128)) -> Steps:
    """An inverse autoregressive flow, for comparison; its density costs D network passes."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=True)


def _autoregressive(
    dim: int, num_steps: int, hidden_units: tuple[int, ...], inverse: bool
) -> Steps:
    steps: Steps = []
    for index in range(num_steps):
        # Each step's order is the reverse of the one before.
        order = np.arange(dim)[::-1] if index else None
        steps.append(LinearStep(dim, permutation=order, name=f"linear_{index}"))
        steps.append(
            AutoregressiveStep(dim, hidden_units, inverse=inverse, name=f"autoregressive_{index}")
        )
    return steps


PRESETS: dict[str, Callable[..., Steps]] = {
    "realnvp": realnvp,
    "light": light,
    "maf": maf,
    "iaf": iaf,
}
