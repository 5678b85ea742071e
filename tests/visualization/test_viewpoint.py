import numpy as np
import pytest

from hps_tf.visualization.viewpoint import framing

POINTS = np.random.default_rng(0).uniform((-0.4, 0.0, -0.2), (0.9, 1.8, 0.3), (200, 3))


def project(points, view):
    homogeneous = view.to_camera(points) @ view.intrinsics.T
    return homogeneous[:, :2] / homogeneous[:, 2:]


@pytest.mark.parametrize("size", [(240, 200), (100, 300), (300, 100)])
@pytest.mark.parametrize("azimuth", [-2.0, 0.0, 0.5])
def test_points_fill_the_image_up_to_the_margin(size, azimuth):
    view = framing(POINTS, size, azimuth=azimuth, elevation=0.3, margin=0.1)
    free = 0.1 * min(size)
    pixels = project(POINTS, view)
    # Distances from the image's edges, which lie half a pixel outside the outer centres.
    before = pixels.min(axis=0) + 0.5
    after = np.array(size)[::-1] - 0.5 - pixels.max(axis=0)
    assert (view.to_camera(POINTS)[:, 2] > 0).all()
    assert min(before.min(), after.min()) == pytest.approx(free)
    filled = np.isclose(before, free) & np.isclose(after, free)
    assert filled.any()


def test_camera_before_people_sees_their_left_on_the_right():
    view = framing(POINTS, (240, 200), azimuth=0.0, elevation=0.0)
    np.testing.assert_allclose(view.rotation, np.diag([1, -1, -1]), atol=1e-12)
    assert view.position[2] > POINTS[:, 2].max()


def test_camera_stands_at_the_azimuth_above_the_horizon():
    view = framing(POINTS, (240, 200), azimuth=np.pi / 2, elevation=0.2)
    np.testing.assert_allclose(view.rotation @ view.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view.rotation) == pytest.approx(1)
    assert view.position[0] > POINTS[:, 0].max()
    assert -view.rotation[2, 1] == pytest.approx(np.sin(0.2))


def test_magnified_view_covers_the_same_scene():
    view = framing(POINTS, (240, 200))
    fine = view.magnified(3)
    assert fine.image_size == (720, 600)
    # The centre of a block of 3 x 3 pixels is that of the coarse pixel.
    np.testing.assert_allclose((project(POINTS, fine) - 1) / 3, project(POINTS, view))
