"""The flows' architectures by name.

Each gives the steps in the order of the density direction, after the whitening. Every step starts
as the identity, so every architecture starts as the Gaussian of the whitening.
"""

import dataclasses
from collections.abc import Callable

from hps_tf.body.skeleton import BODY_JOINTS
from hps_tf.priors.autoregressive_step import AutoregressiveStep
from hps_tf.priors.coupling_step import CouplingStep
from hps_tf.priors.linear_step import LinearStep
from hps_tf.priors.prelu_step import PReLUStep
from hps_tf.priors.step import Step

_NUM_JOINTS = len(BODY_JOINTS)

Widths = int | tuple[int, ...]
"""Widths of the hidden layers of a network; a number is that of its only one."""


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of a flow, in the order of the density direction.

    Attributes:
      joint_steps: Those that act within each joint.
      body_steps: Those that act across the body.
    """

    joint_steps: list[Step]
    body_steps: list[Step]


def realnvp(
    dim: int,
    num_steps: int = 4,
    hidden_units: Widths = (128, 128),
    num_joint_steps: int = 4,
    joint_hidden_units: Widths = (32,),
    dropout: float = 0.0,
) -> Steps:
    """The paper's prior: a fully-connected layer before each RealNVP coupling."""
    size = dim // _NUM_JOINTS

    def steps(num, num_fixed, units, groups, name):
        for index in range(num):
            # The whitened axes come sorted by variance: the first coupling explains those that
            # hold little by those that hold much.
            backwards = index % 2 == 1
            yield LinearStep(dim, groups, name=f"{name}_linear_{index}")
            yield CouplingStep(
                dim,
                num_fixed,
                units,
                groups,
                backwards=backwards,
                dropout=dropout,
                name=f"{name}_coupling_{index}",
            )

    return Steps(
        joint_steps=list(
            steps(num_joint_steps, size // 2, _tuple(joint_hidden_units), _NUM_JOINTS, "joint")
        ),
        body_steps=list(steps(num_steps, dim // 2, _tuple(hidden_units), 1, "body")),
    )


def light(dim: int, num_steps: int = 4, num_joint_steps: int = 20) -> Steps:
    """The paper's light variant: fully-connected layers and parametric rectifiers alone.

    Its linear layers first mix within each joint, then across the body. At most 93,000 trainable
    parameters, as the paper's.
    """

    def steps(num, groups, name):
        for index in range(num):
            yield LinearStep(dim, groups, name=f"{name}_linear_{index}")
            yield PReLUStep(dim, **_initial_bend(index, num), name=f"{name}_prelu_{index}")

    return Steps(
        joint_steps=list(steps(num_joint_steps, _NUM_JOINTS, "joint")),
        body_steps=list(steps(num_steps, 1, "body")),
    )


def _initial_bend(index: int, num_steps: int) -> dict[str, float]:
    """Rectifiers that undo one another in pairs, so that the whole starts as the identity.

    Two with a linear layer between them bend one axis as a function of another as soon as that
    layer moves; were each the identity, nothing would pull it.
    """
    log_slope = 0.5
    if index % 2 == 1:
        return {"log_slope": -log_slope, "log_radius": 0.5 * log_slope}
    unpaired = index == num_steps - 1
    return {"log_slope": 0.0 if unpaired else log_slope, "log_radius": 0.0}


def maf(dim: int, num_steps: int = 5, hidden_units: Widths = (256, 256)) -> Steps:
    """A masked autoregressive flow, for comparison."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=False)


def iaf(dim: int, num_steps: int = 2, hidden_units: Widths = (128, 128)) -> Steps:
    """An inverse autoregressive flow, for comparison; its density costs D network passes."""
    return _autoregressive(dim, num_steps, hidden_units, inverse=True)


def _autoregressive(dim: int, num_steps: int, hidden_units: Widths, inverse: bool) -> Steps:
    steps: list[Step] = []
    for index in range(num_steps):
        name = f"body_autoregressive_{index}"
        steps.append(LinearStep(dim, name=f"body_linear_{index}"))
        steps.append(
            AutoregressiveStep(
                dim, _tuple(hidden_units), inverse, backwards=index % 2 == 1, name=name
            )
        )
    return Steps(joint_steps=[], body_steps=steps)


ARCHITECTURES: dict[str, Callable[..., Steps]] = {
    "realnvp": realnvp,
    "light": light,
    "maf": maf,
    "iaf": iaf,
}


def _tuple(widths: Widths) -> tuple[int, ...]:
    return (widths,) if isinstance(widths, int) else tuple(widths)
