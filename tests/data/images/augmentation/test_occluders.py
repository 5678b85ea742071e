import numpy as np
import pytest
import tensorflow as tf

from hps_tf.data.images.augmentation import occluders, textures
from hps_tf.data.images.augmentation.occluders import Occluder


@pytest.fixture
def uniform():
    return tf.random.stateless_uniform((200, occluders.NUM_DRAWS), (3, 4))


def occluder_of(angle: float, is_ellipse: bool) -> Occluder:
    return Occluder(
        tf.constant([[0.4, 0.6]]),
        tf.constant([[0.25, 0.1]]),
        tf.constant([angle]),
        tf.constant([is_ellipse]),
        tf.constant([True]),
        tf.zeros((1, textures.NUM_DRAWS)),
    )


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2])
@pytest.mark.parametrize(("is_ellipse", "area"), [(False, 0.1), (True, 0.025 * np.pi)])
def test_shapes_have_their_area_centre_and_direction(angle, is_ellipse, area):
    size = 200
    mask = occluders.opacity(occluder_of(angle, is_ellipse), size)[0].numpy()
    assert mask.mean() == pytest.approx(area, rel=0.03)
    rows, columns = np.nonzero(mask > 0.5)
    centre = np.array([columns.mean(), rows.mean()])
    np.testing.assert_allclose((centre + 0.5) / size, [0.4, 0.6], atol=2e-3)
    _, axes = np.linalg.eigh(np.cov(columns, rows))
    assert abs(axes[:, 1] @ [np.cos(angle), np.sin(angle)]) > 0.999


def test_half_of_the_images_have_a_second_occluder(uniform):
    first, second = occluders.random_occluders(uniform)
    assert first.is_there.numpy().all()
    assert second.is_there.numpy().mean() == pytest.approx(0.5, abs=0.1)


def test_parts_vanish_just_where_the_image_is_covered(uniform):
    images = tf.fill((200, 32, 32, 3), 0.5)
    parts = tf.fill((200, 32, 32), tf.constant(5, tf.uint8))
    covered = occluders.cover_images(images, uniform).numpy() != 0.5
    hidden = occluders.cover_parts(parts, uniform).numpy() == 0
    assert covered[hidden].any(-1).all()
    # What is left of the image is the edge, half a pixel wide.
    assert (covered.any(-1) & ~hidden).mean() < 0.1
    assert 0.02 < hidden.mean() < 0.3
    assert hidden.any((1, 2)).all()
