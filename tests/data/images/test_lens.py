import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hps_tf.data.images.lens import MARGIN, Lens, crop

SIZE = 64
PLAIN = Lens(np.array([1145.0, 1143.8]), np.array([512.5, 515.4]))
BENT = PLAIN._replace(
    radial=np.array([-0.2071, 0.2478, -0.0031]), tangential=np.array([-0.0014, -0.001])
)


def pixels(made):
    return np.asarray(Image.open(io.BytesIO(made.image)), np.float64)


def ramp():
    """An image whose red grows to the right and whose green grows downwards."""
    y, x = np.mgrid[0:1002, 0:1000]
    return Image.fromarray(np.stack([x / 4, y / 4, 0 * x], axis=-1).astype(np.uint8))


def box_of(lens, rng, depth=4.0):
    """Points of a person somewhere in the image."""
    middle = (rng.uniform(300, 700, 2) - lens.principal_point) / lens.focal_length * depth
    return np.insert(middle + rng.uniform(-0.7, 0.7, (12, 2)), 2, depth, axis=1)


def test_without_distortion_it_is_a_pinhole():
    points = np.random.default_rng(0).normal([0.0, 0.0, 9.0], size=(9, 3))
    expected = points[:, :2] / points[:, 2:] * PLAIN.focal_length + PLAIN.principal_point
    np.testing.assert_allclose(PLAIN.project(points), expected)


def test_distortion_is_that_of_the_formula():
    x, y = 0.3, -0.2
    r2 = x * x + y * y
    k1, k2, k3 = BENT.radial
    p1, p2 = BENT.tangential
    factor = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + p1 * y + p2 * x
    expected = (np.array([x, y]) * factor + r2 * np.array([p2, p1])) * BENT.focal_length
    np.testing.assert_allclose(BENT.see(np.array([x, y])) - BENT.principal_point, expected)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), lens=st.sampled_from([PLAIN, BENT]))
def test_a_pixel_shows_what_the_lens_sees_along_its_ray(seed, lens):
    made = crop(ramp(), lens, box_of(lens, np.random.default_rng(seed)), SIZE)
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    grid = np.stack([x, y], axis=-1)
    source = lens.see((grid - made.intrinsics[:2, 2]) / made.intrinsics[0, 0])
    inside = ((source > 20) & (source < 980)).all(axis=-1)
    # A grey level is 4 pixels; JPEG adds a level or two.
    found = 4 * (pixels(made)[..., :2] + 0.375)
    assert np.abs(found - source)[inside].mean() < 5
    assert np.abs((found - source)[inside].mean(axis=0)).max() < 2.5


def test_points_are_in_the_middle_with_the_margin_around():
    points = box_of(BENT, np.random.default_rng(3))
    made = crop(ramp(), BENT, points, SIZE)
    assert made.intrinsics[0, 0] == made.intrinsics[1, 1]
    seen = points[:, :2] / points[:, 2:] * made.intrinsics[0, 0] + made.intrinsics[:2, 2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, (SIZE - 1) / 2)
    np.testing.assert_allclose((high - low).max(), SIZE / MARGIN)


def test_small_people_are_averaged_not_sampled():
    checks = (np.indices((1002, 1000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    photograph = Image.fromarray(np.repeat(checks[..., None], 3, axis=2))
    made = crop(photograph, PLAIN, box_of(PLAIN, np.random.default_rng(0)), SIZE)
    assert pixels(made).std() < 12
    assert abs(pixels(made).mean() - 127.5) < 3


def test_outside_is_grey():
    black = Image.new("RGB", (1000, 1002))
    points = np.array([[-1.8, 0.0, 4.0], [-1.8, 1.0, 4.0]])
    made = pixels(crop(black, PLAIN, points, SIZE))
    assert abs(made[:, :10].mean() - 128) < 2
    assert made[:, -10:].mean() < 2


@pytest.mark.parametrize(
    "points", [[[0, 0, 1], [1, 1, -1]], [[0, 0, 1], [0, 0, np.nan]], [[0, 0, 1], [0, 0, 2]]]
)
def test_wrong_points_are_refused(points):
    with pytest.raises(ValueError, match="`points`: expected"):
        crop(ramp(), PLAIN, np.array(points, float), SIZE)
