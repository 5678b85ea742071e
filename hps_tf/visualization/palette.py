"""Colours of pictures: sRGB in [0, 1].

Parts have a hue a kind of limb (after Paul Tol's colour-blind-safe schemes), the darker shade on
the person's right.
"""

import numpy as np

from hps_tf.body.parts import PART_NAMES


def _rgb(code: str) -> tuple[float, ...]:
    return tuple(int(code[start : start + 2], 16) / 255 for start in (0, 2, 4))


PAPER = _rgb("f4f3f1")
"""Background of pictures."""

INK = _rgb("3a3835")
"""Text."""

SKIN = _rgb("d3c5b6")
"""A body in one colour: a warm grey."""

ACCENT = _rgb("7fa3c0")
"""A second body beside one in `SKIN`: a cool blue."""

_CODES = {
    "background": "f4f3f1",
    "torso": "d9d4c7",
    "head": "f2d16b",
    "upper_arm_left": "8ecae6",
    "upper_arm_right": "3f88c5",
    "lower_arm_left": "5fc9b5",
    "lower_arm_right": "1f8a78",
    "left_hand": "f7a072",
    "right_hand": "d1603d",
    "upper_leg_left": "c9a7e0",
    "upper_leg_right": "8a5fb0",
    "lower_leg_left": "f0a6bf",
    "lower_leg_right": "c2517e",
    "left_foot": "b9c46a",
    "right_foot": "7c8a2c",
}

PART_COLOURS = np.array([_rgb(_CODES[name]) for name in PART_NAMES])
"""(15, 3) colour of each part label; 0 is the background's."""
