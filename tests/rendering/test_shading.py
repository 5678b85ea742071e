import numpy as np
import pytest

from hps_tf.rendering import Light, interpolate, lit_vertices, part_labels, rasterize, shade
from hps_tf.rendering.colour import linear_to_srgb, srgb_to_linear

INTRINSICS = np.array([[40.0, 0, 15.5], [0, 40.0, 11.5], [0, 0, 1]])
SIZE = (24, 32)
# Faces the camera: seen from it (z forward) its corners run counter-clockwise.
WALL = np.array([[-0.5, -0.4, 2.0], [-0.5, 0.4, 2], [0.5, 0.4, 2], [0.5, -0.4, 2]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])
WHITE = (1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0)


@pytest.fixture
def raster():
    return rasterize(WALL, FACES, INTRINSICS, SIZE)


def test_part_labels_are_those_of_the_triangles_seen(raster):
    labels = part_labels(raster, np.array([3, 14], np.uint8))
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.array([3, 14, 0])[raster.triangles])
    assert set(np.unique(labels)) == {0, 3, 14}


def test_interpolation_of_positions_gives_the_depth(raster):
    positions = interpolate(raster, FACES, WALL)
    seen = np.isfinite(raster.depth)
    np.testing.assert_allclose(positions[seen][:, 2], raster.depth[seen], rtol=1e-6)
    assert (positions[~seen] == 0).all()


def test_interpolation_of_a_batch_equals_single_ones():
    walls = WALL + np.array([(0, 0, 0), (0.1, 0, 1), (-0.3, 0.2, 0)])[:, None]
    raster = rasterize(walls, FACES, INTRINSICS, SIZE)
    values = np.random.default_rng(0).normal(size=(3, 4, 2))
    result = interpolate(raster, FACES, values)
    shared = interpolate(raster, FACES, values[0])
    for index in range(3):
        single = rasterize(walls[index], FACES, INTRINSICS, SIZE)
        np.testing.assert_array_equal(result[index], interpolate(single, FACES, values[index]))
        np.testing.assert_array_equal(shared[index], interpolate(single, FACES, values[0]))


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.0, 2.0])
def test_lamp_follows_the_cosine_law(raster, angle):
    light = Light((np.sin(angle), 0.0, -np.cos(angle)), lamp=0.8, sky=0.0, ground=0.0)
    image = shade(raster, WALL, FACES, colours=WHITE, background=BLACK, light=light)
    expected = linear_to_srgb(np.array(0.8 * max(np.cos(angle), 0)))
    seen = raster.triangles >= 0
    assert (image[seen] == round(255 * float(expected))).all()
    assert (image[~seen] == 0).all()


def test_surface_facing_up_is_lit_by_the_sky_and_down_by_the_ground():
    floor = np.array([[-1, 0.5, 3.0], [1, 0.5, 3], [1, 0.5, 2], [-1, 0.5, 2]])
    raster = rasterize(floor, FACES, INTRINSICS, SIZE)
    light = Light(lamp=0.0, sky=0.6, ground=0.1)
    for faces, intensity in ((FACES[:, ::-1], 0.6), (FACES, 0.1)):
        image = shade(raster, floor, faces, colours=WHITE, background=BLACK, light=light)
        expected = round(255 * float(linear_to_srgb(np.array(intensity))))
        assert (image[raster.triangles >= 0] == expected).all()


def test_full_light_shows_colours_of_triangles_and_background_as_they_are(raster):
    colours = np.array([[0.2, 0.4, 0.6], [1.0, 0.0, 0.8]])
    background = np.random.default_rng(0).uniform(size=(*SIZE, 3))
    light = Light((0, 0, -1), lamp=1.0, sky=0.0, ground=0.0)
    image = shade(raster, WALL, FACES, colours=colours, background=background, light=light)
    assert image.dtype == np.uint8
    seen = raster.triangles >= 0
    np.testing.assert_array_equal(image[seen], np.round(255 * colours)[raster.triangles[seen]])
    np.testing.assert_array_equal(image[~seen], np.round(255 * background[~seen]))


def test_shading_a_batch_equals_single_images():
    walls = np.stack([WALL, WALL + np.array([0.1, 0.1, 0.5])])
    raster = rasterize(walls, FACES, INTRINSICS, SIZE)
    images = shade(raster, walls, FACES, colours=(0.8, 0.7, 0.6), background=WHITE)
    for index in range(2):
        single = rasterize(walls[index], FACES, INTRINSICS, SIZE)
        expected = shade(single, walls[index], FACES, colours=(0.8, 0.7, 0.6), background=WHITE)
        np.testing.assert_array_equal(images[index], expected)


def test_lit_vertices_are_shaded_as_their_pixels_are(raster):
    colour = np.array([0.8, 0.7, 0.6])
    lit = lit_vertices(WALL, FACES, np.tile(colour, (len(WALL), 1)))
    image = shade(raster, WALL, FACES, colours=colour, background=WHITE)
    seen = raster.triangles >= 0
    spread = 255 * interpolate(raster, FACES, lit)[seen]
    np.testing.assert_allclose(spread, image[seen], atol=0.51)
    dark = lit_vertices(WALL, FACES, np.tile(colour, (len(WALL), 1)), Light((0, 0, 1), sky=0.1))
    assert (dark < lit).all()


def test_srgb_and_linear_invert_each_other():
    values = np.linspace(0, 1, 101)
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-7)
    # IEC 61966-2-1: middle grey of 18 % is 0.4614.
    assert linear_to_srgb(np.array(0.18)) == pytest.approx(0.4614, abs=1e-4)


def test_wrong_shapes_are_named(raster):
    with pytest.raises(
        ValueError, match=r"`face_parts`: expected shape \(faces,\), received \(2, 1\)"
    ):
        part_labels(raster, np.ones((2, 1)))
    with pytest.raises(ValueError, match=r"`values`: expected shape \(..., vertices, channels\)"):
        interpolate(raster, FACES, np.ones(4))
