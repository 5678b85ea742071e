import numpy as np
import pytest

from hps_tf.visualization.sky_light import Sky, irradiance, studio, visibility

UP = np.array([[0.0, 1.0, 0.0]])
ROOF = np.array([[-1.0, 1.0, -1.0], [1, 1, -1], [1, 1, 1], [-1, 1, 1]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])


def test_irradiance_follows_the_cosine_law():
    sky = Sky(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), np.array([2.0, 3.0]))
    normals = np.array([[0.0, 1.0, 0.0], [0.6, 0.8, 0.0], [0.0, -1.0, 0.0]])
    lit = irradiance(normals, np.ones((2, 3)), sky)
    np.testing.assert_allclose(lit, [2.0, 2 * 0.8 + 3 * 0.6, 0.0])
    np.testing.assert_allclose(irradiance(normals, np.array([[1, 0, 1], [1, 1, 1]]), sky)[1], 1.8)


def test_roof_shadows_what_is_under_it_from_lamps_above():
    directions = np.array([[0.0, 1, 0], [0.8, 0.6, 0], [0, -1, 0]])
    points = np.array([[0.0, 0, 0], [3.0, 0, 0], [0.0, 2, 0], [-1.5, 0, 0]])
    shares = visibility(points, ROOF, FACES, directions)
    # From straight above; slanting, from +x; from below.
    np.testing.assert_array_equal(shares[0], [0, 1, 1, 1])
    np.testing.assert_array_equal(shares[1], [1, 1, 1, 0])
    np.testing.assert_array_equal(shares[2], [1, 1, 0, 1])


def test_shadow_edge_is_where_the_roof_ends():
    x = np.linspace(0.9, 1.1, 401)
    points = np.stack([x, np.zeros_like(x), np.zeros_like(x)], axis=-1)
    share = visibility(points, ROOF, FACES, UP)[0]
    assert (np.diff(share) >= 0).all()
    # A pixel of the map is 2 cm; the lamp stands at a great but finite distance.
    edge = x[np.searchsorted(share, 0.5)]
    assert edge == pytest.approx(1.0, abs=0.04)


def test_far_points_are_lit():
    points = np.array([[100.0, 0, 0], [0, -100, 0], [0, 0, 100]])
    assert (visibility(points, ROOF, FACES, UP)[0] == [1, 0, 1]).all()


def test_studio_shines_most_from_the_upper_right_front():
    sky = studio()
    np.testing.assert_allclose(np.linalg.norm(sky.directions, axis=1), 1)
    main = sky.intensities @ sky.directions
    assert main[0] < 0 < main[1]
    assert main[2] > 0
