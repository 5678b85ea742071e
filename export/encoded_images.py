"""Encoded photographs inside the graph, JPEG or PNG: looked at first, decoded then.

A photograph is taken as it is stored: its EXIF orientation and its transparency are left aside.
"""

import tensorflow as tf

from export import input_checks

MAX_PIXELS = 40_000_000
"""Of a photograph: larger ones are refused before they are decoded."""

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_AT = 16  # Width and height, four bytes each, the highest first.
_PNG_HEADER = 33  # Bytes of it.


def sizes(encoded: tf.Tensor) -> tf.Tensor:
    """Reads the sizes of photographs; what is none, or too large, ends the request with a message.

    Args:
      encoded: `(B,)` JPEG or PNG files.

    Returns:
      `(B, 2)` float32 heights and widths.
    """
    is_known = _begins(encoded, _JPEG, len(_JPEG)) | _begins(encoded, _PNG, _PNG_HEADER)
    encoded = input_checks.all_items(
        encoded, is_known, "`jpeg`: expected JPEG or PNG files, each beginning as these do"
    )
    found = tf.map_fn(_size, encoded, fn_output_signature=tf.TensorSpec((2,), tf.int32))
    found = tf.cast(found, tf.float32)
    is_right = tf.reduce_all(found >= 1.0, axis=1)
    is_right &= tf.reduce_prod(found, axis=1) <= MAX_PIXELS
    return input_checks.all_items(
        found, is_right, f"`jpeg`: expected photographs of at most {MAX_PIXELS} pixels"
    )


def decode(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes one photograph whose size was read, `(H, W, 3)` uint8."""
    # This operator decodes PNGs too.
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")


def _begins(encoded: tf.Tensor, beginning: bytes, least_length: int) -> tf.Tensor:
    """Tells which `(B,)` files begin so and are at least so long."""
    is_long_enough = tf.strings.length(encoded) >= least_length
    padded = tf.where(is_long_enough, encoded, b" " * least_length)
    return tf.strings.substr(padded, 0, len(beginning)) == beginning


def _size(encoded: tf.Tensor) -> tf.Tensor:
    def of_png() -> tf.Tensor:
        numbers = tf.strings.substr(encoded, _PNG_SIZE_AT, 8)
        return tf.io.decode_raw(numbers, tf.int32, little_endian=False)[::-1]

    is_jpeg = tf.strings.substr(encoded, 0, len(_JPEG)) == _JPEG
    return tf.ensure_shape(
        tf.cond(is_jpeg, lambda: tf.io.extract_jpeg_shape(encoded)[:2], of_png), (2,)
    )
