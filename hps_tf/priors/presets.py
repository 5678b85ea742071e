"""The flows' architectures by name.

Each preset gives the steps in the order of the density direction, after the whitening. Every step
starts as the identity, so every preset starts as the Gaussian of the whitening.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.priors.autoregressive_step import AutoregressiveStep
from hps_tf.priors.coupling_step import CouplingStep
from hps_tf.priors.linear_step import LinearStep
from hps_tf.priors.prelu_step import PReLUStep

_NUM_JOINTS = len(BODY_JOINTS)


@dataclasses.dataclass(frozen=True)
class Architecture:
    """The steps of a flow, in the order of the density direction.

    Attributes:
      joint_steps: Those that act within each joint.
      body_steps: Those that act across the body.
    """

    joint_steps: list[keras.layers.Layer]
    body_steps: list[keras.layers.Layer]


import os

SLOPE = float(os.environ.get("SLOPE", "1"))


def realnvp(
    dim: int,
    num_steps: int = 8,
    hidden_units: tuple[int, ...] = (128, 128),
    num_joint_steps: int = 4,
    joint_hidden_units: tuple[int, ...] = (32,),
    dropout: float = 0.0,
) -> Architecture:
    """The paper's prior: a fully-connected layer before each RealNVP coupling."""
    size = dim // _NUM_JOINTS

    def steps(num, num_fixed, units, groups, name):
        # The whitened axes come sorted by variance. The halves are swapped at every second step:
        # the first coupling explains the axes that hold little by those that hold much.
        order = np.roll(np.arange(dim // groups), -num_fixed)
        for index in range(num):
            permutation = order if index else None
            yield LinearStep(dim, groups, permutation, name=f"{name}_linear_{index}")
            yield CouplingStep(
                dim, num_fixed, units, groups, dropout, name=f"{name}_coupling_{index}"
            )

    return Architecture(
        joint_steps=list(
            steps(num_joint_steps, size // 2, joint_hidden_units, _NUM_JOINTS, "joint")
        ),
        body_steps=list(steps(num_steps, dim // 2, hidden_units, 1, "body")),
    )


def light(dim: int, num_steps: int = 4, num_joint_steps: int = 8) -> Architecture:
    """The paper's light variant: fully-connected layers and parametric rectifiers alone.

    Its linear layers first mix within each joint, then across the body. At most 93,000 trainable
    parameters, as the paper's.
    """

    def steps(num, groups, name):
        for index in range(num):
            yield LinearStep(dim, groups, name=f"{name}_linear_{index}")
            log_slope = _initial_log_slope(index, num)
            yield PReLUStep(dim, log_slope, name=f"{name}_prelu_{index}")

    return Architecture(
        joint_steps=list(steps(num_joint_steps, _NUM_JOINTS, "joint")),
        body_steps=list(steps(num_steps, 1, "body")),
    )


def _initial_log_slope(index: int, num_steps: int) -> float:
    """Slopes that undo one another in pairs, so that the whole starts as the identity.

    Were each step the identity, the linear layers around it would start without a gradient
    towards anything curved. A rectifier and its inverse with a linear layer between them bend one
    axis as a function of another as soon as that layer moves.
    """
    if index == num_steps - 1 and num_steps % 2:
        return 0.0
    return SLOPE if index % 2 == 0 else -SLOPE


def maf(dim: int, num_steps: int = 5, hidden_units: tuple[int, ...] = (256, 256)) -> Architecture:
    """A masked autoregressive flow, for comparison."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=False)


def iaf(dim: int, num_steps: int = 2, hidden_units: tuple[int, ...] = (128, 128)) -> Architecture:
    """An inverse autoregressive flow, for comparison; its density costs D network passes."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=True)


def _autoregressive(
    dim: int, num_steps: int, hidden_units: tuple[int, ...], inverse: bool
) -> Architecture:
    steps = []
    for index in range(num_steps):
        # Each step's order is the reverse of the one before.
        order = np.arange(dim)[::-1] if index else None
        steps.append(LinearStep(dim, permutation=order, name=f"body_linear_{index}"))
        steps.append(
            AutoregressiveStep(
                dim, hidden_units, inverse=inverse, name=f"body_autoregressive_{index}"
            )
        )
    return Architecture(joint_steps=[], body_steps=steps)


PRESETS: dict[str, Callable[..., Architecture]] = {
    "realnvp": realnvp,
    "light": light,
    "maf": maf,
    "iaf": iaf,
}
