import numpy as np
import pytest
from PIL import Image

from hps_tf.errors import InputError
from hps_tf.reconstruction import pixels

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def test_arrays_of_0_to_255_and_of_0_to_1_are_told_apart():
    np.testing.assert_array_equal(pixels.read(RGB, "a"), RGB)
    for dtype in (np.float16, np.float32, np.float64):
        seen = pixels.read((RGB / 255).astype(dtype), "a")
        assert seen.dtype == np.uint8
        assert np.abs(seen.astype(int) - RGB).max() <= (1 if dtype == np.float16 else 0)


def test_grey_and_transparent_become_rgb():
    grey = RGB[..., 0]
    for image in (grey, grey[..., None], grey / 255):
        np.testing.assert_array_equal(pixels.read(image, "a"), np.stack([grey] * 3, axis=2))
    transparent = np.concatenate([RGB, np.zeros((20, 30, 1), np.uint8)], axis=2)
    assert (pixels.read(transparent, "a") == 255).all()
    transparent[..., 3] = 255
    np.testing.assert_array_equal(pixels.read(transparent, "a"), RGB)


def test_files_are_read(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png")
    for path in (tmp_path / "a.png", str(tmp_path / "a.png")):
        np.testing.assert_array_equal(pixels.read(path, "a"), RGB)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (RGB.astype(np.float32), "floating-point pixels from 0 to 1, received 0 to 255"),
        (RGB / 127.5 - 1, "floating-point pixels from 0 to 1, received -1 to 1"),
        (np.full((20, 30, 3), np.nan), "floating-point pixels from 0 to 1, received nan to nan"),
        (np.eye(20, dtype=np.uint8), "uint8 pixels of 0 to 255, received none above 1"),
        (RGB.astype(np.int64), "pixels of uint8 or a floating-point type, received int64"),
        (RGB > 9, "pixels of uint8 or a floating-point type, received bool"),
        (RGB.transpose(2, 0, 1), r"an image \(H, W, 3\), received shape \(3, 20, 30\)"),
        (RGB[..., :2], r"an image \(H, W, 3\), received shape \(20, 30, 2\)"),
        (RGB[0, 0], r"an image \(H, W, 3\), received shape \(3,\)"),
        (RGB[:0], r"an image \(H, W, 3\), received shape \(0, 30, 3\)"),
        (np.array("a"), r"an image \(H, W, 3\), received shape \(\)"),
    ],
)
def test_what_is_no_image_is_named(image, message):
    with pytest.raises(ValueError, match=f"images\\[2\\]: expected {message}"):
        pixels.read(image, "images[2]")


def test_images_in_which_nobody_could_be_told_are_refused():
    with pytest.raises(InputError, match="dot: expected at least 16 x 16 pixels, received 1 x 1"):
        pixels.read(np.full((1, 1, 3), 7, np.uint8), "dot")


def test_one_image_or_several():
    assert len(pixels.as_images("a.jpg")) == len(pixels.as_images(RGB)) == 1
    assert len(pixels.as_images(RGB[..., 0])) == 1
    assert len(pixels.as_images(["a.jpg", RGB])) == 2
    assert len(pixels.as_images(np.stack([RGB] * 3))) == 3
    assert [pixels.name_of(image, 1) for image in ("x/a.jpg", RGB)] == ["x/a.jpg", "images[1]"]
