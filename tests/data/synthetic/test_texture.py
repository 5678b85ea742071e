import dataclasses

import numpy as np
import pytest

from hps_tf.data.synthetic import STYLES, texture
from hps_tf.data.synthetic.texture import Texture

ALWAYS = dataclasses.replace(STYLES["a"], pattern=1.0)


def made(pattern, **changes):
    fields = {
        "pattern": pattern,
        "colours": np.array([[1.0, 0, 0], [0, 0, 1.0]]),
        "waves": np.array([[2.0, 0], [0, 1.0], [1, 1], [3, 1], [1, 2]]),
        "phases": np.zeros(5),
        "share": 0.25,
    } | changes
    return Texture(**fields)


def test_stripes_have_their_width_and_distance():
    line = np.stack([np.arange(0, 1, 1 / 64), np.zeros(64)], axis=1)
    blue = made("stripes").paint(line)[:, 2]
    # Two cycles in one unit of length, a quarter of each in the second colour.
    np.testing.assert_array_equal(blue, np.tile(np.repeat([1, 0], [8, 24]), 2))


def test_checks_mix_two_colours_where_bands_cross():
    grid = np.stack(np.meshgrid(np.arange(0, 1, 1 / 32), np.arange(0, 1, 1 / 32)), axis=-1)
    shares, counts = np.unique(made("checks").paint(grid)[..., 2], return_counts=True)
    np.testing.assert_array_equal(shares, [0, 0.5, 1])
    np.testing.assert_allclose(counts / 1024, [9 / 16, 6 / 16, 1 / 16])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_textures_stay_between_their_colours(rng, dimensions):
    points = rng.uniform(-1, 1, (500, dimensions))
    patterns = set()
    for _ in range(60):
        cloth = texture.draw(rng, ALWAYS, (0.05, 0.4), dimensions)
        patterns.add(cloth.pattern)
        low, high = cloth.colours.min(axis=0), cloth.colours.max(axis=0)
        painted = cloth.paint(points)
        assert painted.shape == (500, 3)
        assert (painted > low - 1e-6).all()
        assert (painted < high + 1e-6).all()
        assert np.ptp(painted, axis=0).max() > 0.5 * (high - low).max()
    assert patterns == {"gradient", "stripes", "checks", "blotches", "camouflage"}


def test_plain_cloth_has_one_colour(rng):
    plain = dataclasses.replace(STYLES["a"], pattern=0.0)
    cloth = texture.draw(rng, plain, (0.05, 0.4), 3, base=np.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(cloth.paint(rng.normal(size=(9, 3))), [[0.1, 0.2, 0.3]] * 9)


def test_patterns_are_as_frequent_as_the_style_says(rng):
    drawn = [texture.draw(rng, STYLES["b"], (0.05, 0.4), 3).pattern for _ in range(300)]
    assert 0.68 < np.mean([pattern != "plain" for pattern in drawn]) < 0.82
