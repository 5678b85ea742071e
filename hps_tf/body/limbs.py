"""The limbs of the 24 joints, which may be hidden, and the joints at the body's ends."""

from collections.abc import Iterable

from hps_tf.body.skeleton import JOINT_NAMES

#: The joints that are out of sight with a limb. Its first joint is part of the trunk and stays.
LIMBS = {
    "left_arm": ("l_elbow", "l_wrist", "l_hand"),
    "right_arm": ("r_elbow", "r_wrist", "r_hand"),
    "left_leg": ("l_knee", "l_ankle", "l_foot"),
    "right_leg": ("r_knee", "r_ankle", "r_foot"),
}

#: Hands, feet and head.
END_JOINTS = ("l_hand", "r_hand", "l_foot", "r_foot", "head")


def indices(names: Iterable[str]) -> list[int]:
    """Gives the places of joints in `JOINT_NAMES`."""
    return [JOINT_NAMES.index(name) for name in names]
