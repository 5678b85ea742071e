import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import photographs
from hps_tf.data.images import default_camera, person_crop
from hps_tf.detection import FoundPeople

SIZE = 24
BOX = (20.0, 10.0, 30.0, 40.0)


@pytest.fixture(scope="module")
def picture():
    """A smooth picture, which JPEG and different roundings hardly change."""
    coarse = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    resized = Image.fromarray(coarse).resize((120, 80), Image.Resampling.BICUBIC)
    return np.asarray(resized)


@pytest.fixture(scope="module")
def jpeg(picture):
    return person_crop.encode_jpeg(picture)


class OnePerson:
    """Finds one person in a box, or nobody."""

    def __init__(self, box=None):
        self._box = box

    def find_people_in_graph(self, image, max_people):
        found = np.zeros((max_people, 4), np.float32)
        found[0] = 0 if self._box is None else self._box
        nothing = np.zeros((max_people, 17, 2), np.float32)
        count = np.int32(self._box is not None)
        return FoundPeople(found, nothing, nothing[..., 0], nothing[:, 0, 0], count)


def crops(jpeg, box, intrinsics=None, detector=None):
    intrinsics = np.zeros((3, 3)) if intrinsics is None else intrinsics
    return photographs.crops(
        tf.constant([jpeg]),
        tf.constant([box], tf.float32),
        tf.constant(intrinsics[np.newaxis], tf.float32),
        SIZE,
        detector,
    )


@pytest.mark.parametrize(
    "box", [(20, 10, 30, 40), (-30, 20, 60, 50), (70.3, 5.6, 45.1, 44.4), (50, 40, 6, 9)]
)
def test_crops_are_those_of_training_images(jpeg, box):
    decoded = tf.io.decode_jpeg(jpeg, dct_method="INTEGER_ACCURATE").numpy()
    square = person_crop.square_box(np.array(box, float))
    expected = person_crop.crop_pixels(decoded, square, SIZE) / 255.0
    found = crops(jpeg, box)
    np.testing.assert_allclose(found.boxes[0], square, atol=1e-4)
    assert np.abs(found.images[0] - expected).mean() < 0.004
    assert np.abs(found.images[0] - expected).max() < 0.02


def test_without_a_box_the_largest_square_in_the_middle_is_seen(jpeg):
    np.testing.assert_allclose(crops(jpeg, (0, 0, 0, 0)).boxes, [[20, 0, 80, 80]])


def test_without_a_box_the_person_found_is_seen(jpeg):
    found, given = crops(jpeg, (0, 0, 0, 0), detector=OnePerson(BOX)), crops(jpeg, BOX)
    np.testing.assert_allclose(found.boxes, given.boxes)
    np.testing.assert_allclose(found.images, given.images)


def test_nobody_is_looked_for_where_there_is_a_box(jpeg):
    found = crops(jpeg, BOX, detector=OnePerson((1, 2, 3, 4)))
    np.testing.assert_allclose(found.boxes, crops(jpeg, BOX).boxes)


def test_where_nobody_is_found_the_middle_is_seen(jpeg):
    found = crops(jpeg, (0, 0, 0, 0), detector=OnePerson())
    np.testing.assert_allclose(found.boxes, [[20, 0, 80, 80]])


@pytest.mark.parametrize("box", [(0.2, 0.1, 0.5, 0.8), (0, 0, 1, 1), (0, 0, 50, 1.5), (0, 0, 1, 0)])
def test_boxes_in_fractions_are_refused(jpeg, box):
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 2 pixels to twice its size"):
        crops(jpeg, box)


def test_unknown_cameras_are_supposed_and_known_ones_kept(jpeg):
    box = (0, 0, 0, 0)
    supposed = crops(jpeg, box).intrinsics[0]
    np.testing.assert_allclose(supposed, default_camera.intrinsics((80, 120)), rtol=1e-5)
    known = np.array([[90.0, 0, 3], [0, 91, 4], [0, 0, 1]])
    np.testing.assert_allclose(crops(jpeg, box, known).intrinsics[0], known)


def test_grey_photographs_are_taken_as_colour():
    grey = person_crop.encode_jpeg(np.full((30, 30), 51, np.uint8))
    images = crops(grey, (0, 0, 0, 0)).images
    assert images.shape == (1, SIZE, SIZE, 3)
    np.testing.assert_allclose(images[:, 2:-2, 2:-2], 0.2, atol=0.01)
