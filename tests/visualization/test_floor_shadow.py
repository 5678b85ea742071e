import numpy as np
import pytest

from hps_tf.visualization import floor_shadow

FACES = np.array([[0, 1, 2], [0, 2, 3]])


def plate(height, centre=(0.0, 0.0), half_side=0.2):
    x, z = centre
    s = half_side
    return np.array([[x - s, height, z - s], [x + s, height, z - s], [x + s, height, z + s],
                     [x - s, height, z + s]])  # fmt: skip


def light_at(shadow, x, z):
    return float(shadow.at(np.array([x]), np.array([z]))[0])


def test_shadow_lies_below_the_body():
    shadow = floor_shadow.cast(plate(0.03, centre=(0.5, -1.0)), FACES, 0.0)
    darkest = np.unravel_index(shadow.light.argmin(), shadow.light.shape)
    assert light_at(shadow, 0.5, -1.0) == pytest.approx(shadow.light.min(), abs=1e-6)
    place = shadow.origin + 0.02 * np.array(darkest)
    np.testing.assert_allclose(place, (0.5, -1.0), atol=0.2)


def test_edge_of_a_low_shadow_is_where_the_body_ends():
    shadow = floor_shadow.cast(plate(0.03), FACES, 0.0)
    full, edge, free = (light_at(shadow, x, 0.0) for x in (0.0, 0.2, 0.5))
    assert free == pytest.approx(1.0, abs=1e-6)
    assert edge == pytest.approx((full + free) / 2, abs=0.1)


def test_shadow_of_what_is_higher_is_softer_and_paler():
    darkest = [
        floor_shadow.cast(plate(height), FACES, 0.0).light.min()
        for height in (0.03, 0.1, 0.3, 0.5, 1.0)
    ]
    assert (np.diff(darkest) > 0).all()


def test_height_counts_from_the_floor():
    lifted = floor_shadow.cast(plate(1.53), FACES, 1.5)
    np.testing.assert_allclose(lifted.light, floor_shadow.cast(plate(0.03), FACES, 0.0).light)


def test_floor_is_free_of_shadow_at_and_beyond_the_grid():
    shadow = floor_shadow.cast(plate(0.5), FACES, 0.0)
    border = np.concatenate([shadow.light[[0, -1]].ravel(), shadow.light[:, [0, -1]].ravel()])
    np.testing.assert_allclose(border, 1.0, atol=0.01)
    assert light_at(shadow, 50.0, 0.0) == 1.0
