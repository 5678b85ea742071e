import numpy as np
import pytest
import tensorflow as tf

from hps_tf.detection import views


@pytest.fixture
def ramp():
    """An image whose red is x and whose green is y."""
    y, x = np.mgrid[:120, :200].astype(np.float32)
    return np.stack([x, y, np.full_like(x, 255)], axis=-1)


@pytest.mark.parametrize(
    ("image_size", "longer_side", "scale", "size"),
    [
        ((480, 640), 512, 0.8, (384, 512)),
        ((640, 427), 256, 0.4, (256, 192)),
        ((2000, 500), 512, 0.256, (512, 128)),
        ((50, 40), 512, 4.0, (224, 160)),
        ((1, 1), 256, 4.0, (32, 32)),
        ((20000, 10), 256, 0.0128, (256, 32)),
    ],
)
def test_whole_image_has_its_longer_side_and_multiples_of_32(image_size, longer_side, scale, size):
    view = views.whole(tf.constant(image_size), tf.constant(float(longer_side)))
    assert float(view.scale) == pytest.approx(scale)
    assert tuple(view.size.numpy()) == size


@pytest.mark.parametrize("scale_of_box", [0.5, 1.0, 3.0])
def test_what_is_at_a_place_of_the_view_is_at_its_place_in_the_image(ramp, scale_of_box):
    box = tf.constant([60.0, 40.0, 50.0 * scale_of_box, 20.0])
    view = views.around(box, 1.0, 64)
    cut = view.cut(ramp).numpy()
    assert cut.shape == (64, 64, 3)
    rows, columns = np.mgrid[:64, :64] + 0.5
    places = view.points_in_image(np.stack([columns, rows], -1).astype(np.float32)).numpy()
    inside = ((places > 4) & (places < np.array([195, 115]))).all(axis=-1)
    assert inside.mean() > 0.3
    np.testing.assert_allclose(cut[inside][:, :2], places[inside], atol=0.05)


def test_outside_the_image_is_black(ramp):
    view = views.around(tf.constant([-100.0, -100.0, 200.0, 200.0]), 1.0, 64)
    cut = view.cut(ramp).numpy()
    np.testing.assert_array_equal(cut[:20, :20], 0)
    np.testing.assert_allclose(cut[40:, 40:, 2], 255, atol=1e-3)


def test_reducing_averages_fine_stripes():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 200
    view = views.whole(tf.constant([256, 256]), tf.constant(32.0))
    np.testing.assert_allclose(view.cut(stripes)[2:-2, 2:-2], 100, atol=2)


def test_square_around_a_box_has_its_middle():
    view = views.around(tf.constant([10.0, 20.0, 30.0, 60.0]), 1.25, 256)
    middle = view.points_in_image(tf.constant([128.0, 128.0]))
    np.testing.assert_allclose(middle, [25.0, 50.0], atol=1e-4)
    assert float(view.scale) == pytest.approx(256 / 75)
    whole = view.boxes_in_image(tf.constant([0.0, 0.0, 256.0, 256.0]))
    np.testing.assert_allclose(whole, [-12.5, 12.5, 75.0, 75.0], atol=1e-4)
