"""Colours of pictures: sRGB in [0, 1].

A kind of limb has one hue, darker on the person's right. Any two parts differ by at least 12 in
CIELAB for normal vision and for people without red, green or blue cones.
"""

import numpy as np

from hps_tf.body.parts import PART_NAMES
from hps_tf.rendering import colour


def _rgb(code: str) -> tuple[float, ...]:
    return tuple(int(code[start : start + 2], 16) / 255 for start in (0, 2, 4))


PAPER = _rgb("f4f3f1")
"""Background of pictures."""

INK = _rgb("3a3835")
"""Text."""

SKIN = _rgb("d8c5b4")
"""A body in one colour: a warm grey."""

ACCENT = _rgb("7fa3c0")
"""A second body beside one in `SKIN`: a cool blue."""

DOUBT = _rgb("f1efec")
"""Colour of unsure parts of a body: paler than any person's colour."""

LEFT = _rgb("1c86d1")
RIGHT = _rgb("e8590c")
MIDDLE = _rgb("ffffff")
"""Keypoints of a person's left and right side, and those between."""

_CODES = {
    "background": "f4f3f1",
    "torso": "d6d0c4",
    "head": "f2c94c",
    "upper_arm_left": "6fb9ef",
    "upper_arm_right": "198bc8",
    "lower_arm_left": "6bad8f",
    "lower_arm_right": "177e62",
    "left_hand": "f59971",
    "right_hand": "a04523",
    "upper_leg_left": "f3c7f7",
    "upper_leg_right": "9854a5",
    "lower_leg_left": "eca7c9",
    "lower_leg_right": "c7598f",
    "left_foot": "c5e495",
    "right_foot": "7e9235",
}

PART_COLOURS = np.array([_rgb(_CODES[name]) for name in PART_NAMES])
"""(15, 3) colour of each part label; 0 is the background's."""

PERSON_COLOURS = colour.PERSON_COLOURS
"""(7, 3) colours of people beside one another; an eighth has the first again."""
