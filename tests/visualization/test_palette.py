"""Parts must be told apart by people with any of the common kinds of colour vision."""

import itertools

import numpy as np
import pytest

from hps_tf.body.parts import PART_NAMES
from hps_tf.rendering.colour import srgb_to_linear
from hps_tf.visualization import palette

# Machado, Oliveira and Fernandes 2009, severity 1.0; they act on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LINEAR_RGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
# A difference of about 2 is just noticeable side by side.
CLEARLY_DIFFERENT = 10.0


def to_lab(linear_rgb):
    """CIELAB of linear RGB under D65."""
    white = LINEAR_RGB_TO_XYZ.sum(axis=1)
    f = np.cbrt(np.clip(linear_rgb, 0, 1) @ LINEAR_RGB_TO_XYZ.T / white)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@pytest.mark.parametrize("vision", VISION)
def test_any_two_parts_are_clearly_different(vision):
    seen = to_lab(srgb_to_linear(palette.PART_COLOURS) @ np.array(VISION[vision]).T)
    differences = {
        (PART_NAMES[a], PART_NAMES[b]): np.linalg.norm(seen[a] - seen[b])
        for a, b in itertools.combinations(range(15), 2)
    }
    closest = min(differences, key=lambda pair: differences[pair])
    assert differences[closest] > CLEARLY_DIFFERENT, (closest, differences[closest])


@pytest.mark.parametrize("vision", VISION)
def test_any_two_people_are_clearly_different(vision):
    seen = to_lab(srgb_to_linear(palette.PERSON_COLOURS) @ np.array(VISION[vision]).T)
    differences = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(differences) > CLEARLY_DIFFERENT


def test_right_is_darker_than_left():
    lightness = to_lab(srgb_to_linear(palette.PART_COLOURS))[:, 0]
    for name in PART_NAMES:
        if "left" in name:
            right = PART_NAMES.index(name.replace("left", "right"))
            assert lightness[right] < lightness[PART_NAMES.index(name)] - 10


def test_colours_are_within_range():
    colours = np.array([palette.PAPER, palette.INK, palette.SKIN, palette.ACCENT])
    for values in (colours, palette.PART_COLOURS):
        assert values.min() >= 0
        assert values.max() <= 1
    np.testing.assert_array_equal(palette.PART_COLOURS[0], palette.PAPER)
