import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import encoded_images

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def encoded(pixels, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def declared(height, width):
    """A small PNG that says it is of another size."""
    content = bytearray(encoded(COLOURS, "PNG"))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(content)


def test_sizes_are_read_of_both_kinds():
    photographs = [encoded(COLOURS, "JPEG"), encoded(COLOURS[:3], "PNG")]
    np.testing.assert_array_equal(encoded_images.sizes(tf.constant(photographs)), [[5, 7], [3, 7]])


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "RGBA", "1", "I;16"])
def test_pngs_of_every_kind_are_decoded(mode):
    if mode == "I;16":
        shown = np.repeat(COLOURS[..., :1], 3, axis=2)
        picture = Image.fromarray(COLOURS[..., 0].astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(COLOURS).convert(mode)
        shown = np.asarray(picture.convert("RGB"))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    np.testing.assert_array_equal(encoded_images.decode(buffer.getvalue()), shown)


def test_jpegs_are_decoded_as_pillow_does():
    smooth = np.asarray(Image.fromarray(COLOURS).resize((64, 48), Image.Resampling.BICUBIC))
    content = encoded(smooth, "JPEG", quality=95)
    expected = np.asarray(Image.open(io.BytesIO(content))).astype(int)
    assert np.abs(encoded_images.decode(content).numpy() - expected).max() <= 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "`jpeg`: expected JPEG or PNG files"),
        (b"\x89PNG", "`jpeg`: expected JPEG or PNG files"),
        (encoded(COLOURS, "PNG")[:30], "`jpeg`: expected JPEG or PNG files"),
        (encoded(COLOURS, "BMP"), "`jpeg`: expected JPEG or PNG files"),
        (encoded(COLOURS, "GIF"), "`jpeg`: expected JPEG or PNG files"),
        (declared(20_000, 20_000), "photographs of at most 40000000 pixels"),
        (declared(2**31, 2**31), "photographs of at most 40000000 pixels"),
        (declared(0, 7), "photographs of at most 40000000 pixels"),
    ],
)
def test_what_is_no_photograph_is_refused_before_it_is_decoded(content, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        encoded_images.sizes(tf.constant([encoded(COLOURS, "JPEG"), content]))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_damaged_files_are_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encoded(noise, kind)
    with pytest.raises(tf.errors.InvalidArgumentError, match=kind):
        encoded_images.decode(content[: len(content) // 2])
