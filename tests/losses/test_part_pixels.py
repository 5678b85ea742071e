import numpy as np
import pytest
import tensorflow as tf

from hps_tf.losses import pack_part_pixels
from hps_tf.losses.part_pixels import BOUNDARY_TILE_SIZE, TILE_SIZE


@pytest.fixture
def part_labels():
    coarse = np.random.default_rng(0).integers(0, 16, (3, 6, 5))
    labels = coarse.repeat(7, axis=1).repeat(9, axis=2).astype(np.uint8)
    labels[1] = 0
    return labels


def pixels_of(tiles, image, part):
    chosen = np.flatnonzero(tiles.parts[image] == part)
    return [
        tuple(pixel)
        for tile in chosen
        for pixel in tiles.pixels[image, tile].numpy().T[: tiles.counts[image, tile]]
    ]


def test_tiles_hold_every_pixel_of_every_part_once(part_labels):
    packed = pack_part_pixels(part_labels)
    np.testing.assert_array_equal(packed.part_labels, part_labels)
    for image, labels in enumerate(part_labels):
        for part in range(1, 15):
            expected = [(x, y) for y, x in np.argwhere(labels == part)]
            assert sorted(pixels_of(packed.all, image, part)) == sorted(expected)
            assert packed.part_counts[image, part - 1] == len(expected)


def test_boundary_pixels_have_a_neighbour_of_another_label(part_labels):
    packed = pack_part_pixels(part_labels)
    for image, labels in enumerate(part_labels):
        around = np.pad(labels, 1)
        for part in range(1, 15):
            expected = [
                (x, y)
                for y, x in np.argwhere(labels == part)
                if {around[y, x + 1], around[y + 2, x + 1], around[y + 1, x], around[y + 1, x + 2]}
                != {part}
            ]
            assert sorted(pixels_of(packed.boundary, image, part)) == sorted(expected)


def test_tiles_are_ordered_full_and_of_few_sizes(part_labels):
    packed = pack_part_pixels(part_labels)
    for tiles, size in ((packed.all, TILE_SIZE), (packed.boundary, BOUNDARY_TILE_SIZE)):
        assert tiles.pixels.shape == (3, tiles.parts.shape[1], 2, size)
        assert tiles.parts.shape[1] in (4, 6, 8, 12, 16, 24, 32, 48)
        parts = np.where(tiles.parts == 0, 15, tiles.parts)
        assert (np.diff(parts, axis=1) >= 0).all()
        assert ((tiles.counts.numpy() == 0) == (tiles.parts.numpy() == 0)).all()
        same_as_next = parts[:, :-1] == parts[:, 1:]
        assert (tiles.counts.numpy()[:, :-1][same_as_next & (parts[:, :-1] < 15)] == size).all()


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (64, 64)])
def test_an_image_of_one_part_fits_the_stated_bound(size):
    height, width = size
    labels = np.full((1, *size), 14, np.uint8)
    packed = pack_part_pixels(labels, max_tiles=height * width // TILE_SIZE + 14)
    assert len(pixels_of(packed.all, 0, 14)) == height * width


def test_pixels_of_a_tile_lie_near_each_other():
    packed = pack_part_pixels(np.ones((1, 64, 64), np.uint8))
    extents = np.ptp(packed.all.pixels[0].numpy(), axis=2)
    assert extents.max() <= 16


def test_works_inside_tf_data(part_labels):
    bounds = {"max_tiles": 30, "max_boundary_tiles": 40}
    dataset = tf.data.Dataset.from_tensors(part_labels).map(
        lambda labels: pack_part_pixels(labels, **bounds)
    )
    assert dataset.element_spec.all.pixels.shape == (3, 30, 2, TILE_SIZE)
    assert dataset.element_spec.boundary.parts.shape == (3, 40)
    expected = pack_part_pixels(part_labels, **bounds)
    for got, wanted in zip(
        tf.nest.flatten(next(iter(dataset))), tf.nest.flatten(expected), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)


def test_too_many_pixels_are_refused(part_labels):
    message = r"needs \d+ tiles of 128 pixels, the maximum is 3"
    with pytest.raises(ValueError, match=message):
        pack_part_pixels(part_labels, max_tiles=3)
    dataset = tf.data.Dataset.from_tensors(part_labels).map(
        lambda labels: pack_part_pixels(labels, max_tiles=3)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        next(iter(dataset))


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"`part_labels`: expected shape \(batch, height, width\)"):
        pack_part_pixels(np.zeros((4, 4), np.uint8))
