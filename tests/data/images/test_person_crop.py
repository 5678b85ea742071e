import io

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hps_tf.data.images import default_camera, person_crop
from hps_tf.data.keypoints.part_masks import PartMap
from hps_tf.geometry import camera
from tests.data import coco_files

HEIGHT, WIDTH = 100, 120
COLUMNS, ROWS = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))

#: The red of a pixel tells its column, the green its row.
RAMP = np.stack([2 * COLUMNS, 2 * ROWS, np.full_like(ROWS, 7)], axis=-1).astype(np.uint8)


def places(box, image_size):
    """Full-frame pixels `(S, S, 2)` of a crop's pixels."""
    grid = np.stack(np.meshgrid(*[np.arange(image_size, dtype=np.float64)] * 2), axis=-1)
    flat = camera.uncrop_points(grid.reshape(-1, 2), tf.constant(box), (image_size, image_size))
    return flat.numpy().reshape(image_size, image_size, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-30, 100), st.floats(-30, 80), st.floats(4, 150), st.sampled_from([16, 31, 64, 200])
)
def test_every_pixel_shows_the_place_that_the_camera_says(left, top, side, image_size):
    box = np.array([left, top, side, side])
    cropped = person_crop.crop_pixels(RAMP, box, image_size).astype(float)
    expected = places(box, image_size)
    reach = 2 * max(1.0, side / image_size) + 1
    inside = ((expected >= reach) & (expected <= np.array([WIDTH, HEIGHT]) - 1 - reach)).all(
        axis=-1
    )
    np.testing.assert_allclose(cropped[inside][:, :2], 2 * expected[inside], atol=1.01)
    outside = (
        (expected <= -0.5 - reach) | (expected >= np.array([WIDTH, HEIGHT]) - 0.5 + reach)
    ).any(axis=-1)
    assert (cropped[outside] == 128).all()


def test_a_box_of_whole_pixels_is_copied():
    cropped = person_crop.crop_pixels(RAMP, np.array([10, 20, 32, 32]), 32)
    np.testing.assert_array_equal(cropped, RAMP[20:52, 10:42])


def test_a_box_that_leaves_the_photograph_is_filled_with_grey():
    cropped = person_crop.crop_pixels(RAMP, np.array([-8, 90, 32, 32]), 32)
    np.testing.assert_array_equal(cropped[:10, 8:], RAMP[90:, :24])
    assert (cropped[10:] == 128).all()
    assert (cropped[:, :8] == 128).all()
    assert (person_crop.crop_pixels(RAMP, np.array([500.0, -900, 20, 20]), 16) == 128).all()


def test_fine_patterns_are_averaged_not_picked():
    checkers = np.repeat(((ROWS + COLUMNS) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    cropped = person_crop.crop_pixels(checkers, np.array([10.0, 10, 80, 80]), 16)
    assert np.abs(cropped.astype(int) - 127).max() <= 8


def test_the_square_has_the_boxs_middle_and_its_longer_side():
    square = person_crop.square_box(np.array([10.0, 20, 30, 60]))
    np.testing.assert_allclose(square, [25 - 37.5, 50 - 37.5, 75, 75])
    np.testing.assert_allclose(person_crop.square_box(np.array([1.0, 2, 8, 4]), 1), [1, 0, 8, 8])


@settings(max_examples=30, deadline=None)
@given(st.floats(-20, 100), st.floats(-20, 80), st.floats(8, 120), st.floats(8, 120))
def test_points_are_seen_where_the_keypoints_are(left, top, width, height):
    intrinsics = default_camera.intrinsics((HEIGHT, WIDTH))
    points = np.random.default_rng(0).uniform((-1, -1, 3), (1, 1, 5), (17, 3))
    keypoints = camera.project(points, intrinsics).numpy()
    box = np.array([left, top, width, height])
    crop = person_crop.crop_person(RAMP, box, intrinsics, 64, keypoints=keypoints)
    np.testing.assert_allclose(camera.project(points, crop.intrinsics), crop.keypoints, atol=1e-8)
    assert crop.intrinsics[0, 0] == pytest.approx(crop.intrinsics[1, 1], rel=1e-12)
    back = camera.uncrop_points(crop.keypoints, tf.constant(crop.box), (64, 64))
    np.testing.assert_allclose(back, keypoints, atol=1e-8)


@pytest.mark.parametrize("image_size", [64, 100, 256])
def test_labels_lie_on_the_pixels_they_label(image_size):
    box = np.array(coco_files.BOXES[1])
    centres = (np.arange(256) + 0.5) / 256
    part_map = PartMap(coco_files.figure(centres[np.newaxis], centres[:, np.newaxis]), box)
    # The photograph is painted finer than the crop, so that its own pixels do not count.
    fine = 4
    photograph = coco_files.painted([box * fine], (120 * fine, 160 * fine))
    crop = person_crop.crop_person(
        photograph,
        box * fine,
        np.eye(3),
        image_size,
        part_map=PartMap(part_map.labels, box * fine),
    )
    pixels = person_crop.crop_pixels(photograph, crop.box, image_size).astype(int)
    distances = np.abs(pixels[:, :, np.newaxis] - coco_files.COLOURS.astype(int)).sum(axis=-1)

    is_pure = distances.min(axis=-1) < 12  # Not a blend of two parts.

    def agreement(labels):
        is_judged = is_pure & ((distances.argmin(axis=-1) > 0) | (labels > 0))
        return (distances.argmin(axis=-1) == labels)[is_judged].mean()

    assert set(np.unique(crop.part_labels)) == {0, *coco_files.FIGURE}
    here = agreement(crop.part_labels)
    assert here > 0.995
    for axis in (0, 1):
        for step in (-1, 1):
            assert here > agreement(np.roll(crop.part_labels, step, axis))


def test_labels_of_whole_cells_are_copied_and_nothing_is_labelled_elsewhere():
    labels = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    part_map = PartMap(labels, np.array([-2.0, 4, 8, 6]))  # Cells of 2 x 2 pixels.
    cropped = person_crop.crop_labels(part_map, np.array([-4.0, 0, 16, 16]), 16, (9, 100))
    expected = np.zeros((16, 16), np.uint8)
    expected[4:10, 2:10] = labels.repeat(2, axis=0).repeat(2, axis=1)
    expected[:, :4] = 0  # Left of the photograph.
    expected[9:] = 0  # Below it.
    np.testing.assert_array_equal(cropped, expected)


def test_the_jpeg_shows_the_crop():
    box = np.array(coco_files.BOXES[1])
    photograph = coco_files.painted([box])
    crop = person_crop.crop_person(photograph, box, np.eye(3), 128)
    image = Image.open(io.BytesIO(crop.image))
    assert (image.format, image.size) == ("JPEG", (128, 128))
    pixels = person_crop.crop_pixels(photograph, crop.box, 128)
    assert np.abs(np.asarray(image, float) - pixels).mean() < 6
    assert crop.keypoints is None
    assert crop.part_labels is None


@pytest.mark.parametrize(
    ("photograph", "box", "message"),
    [
        (RAMP, [0, 0, 0, 9], "`box`: expected an area, received"),
        (RAMP, [0, np.nan, 5, 9], "`box`: expected an area, received"),
        (RAMP, [0, 0, 1e5, 1e5], "`box`: expected one within 1e\\+06 pixels that covers at most"),
        (RAMP, [1e9, 0, 5, 5], "`box`: expected one within 1e\\+06 pixels"),
        (
            RAMP[..., 0],
            [0, 0, 5, 5],
            r"`photograph`: expected \(H, W, 3\) uint8, received \(100, 120\)",
        ),
        (RAMP / 2, [0, 0, 5, 5], "uint8, received .* float64"),
    ],
)
def test_says_what_cannot_be_cropped(photograph, box, message):
    with pytest.raises(ValueError, match=message):
        person_crop.crop_person(photograph, np.array(box), np.eye(3), 16)


def test_the_default_camera_sees_53_degrees_from_corner_to_corner():
    matrix = default_camera.intrinsics((480, 640))
    corners = np.array([[-0.5, -0.5], [639.5, 479.5]])
    rays = np.append(camera.viewing_slopes(corners, matrix), np.ones((2, 1)), axis=1)
    cosine = rays[0] @ rays[1] / np.linalg.norm(rays, axis=1).prod()
    assert np.degrees(np.arccos(cosine)) == pytest.approx(53.13, abs=0.01)
    np.testing.assert_allclose(matrix[:2, 2], corners.mean(axis=0))
