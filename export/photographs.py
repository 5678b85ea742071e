"""Encoded photographs inside the graph: decoded, and cropped to what the network sees.

Crops are those of `hps_tf.data.person_crop`, which training images were cut by: bicubic with
antialiasing, mid grey outside of the photograph. A photograph is taken as it is stored; its EXIF
orientation is not looked at.
"""

from typing import NamedTuple

import tensorflow as tf

from export import input_checks
from hps_tf.data.person_crop import FILTER_REACH, GREY, MARGIN

MAX_PIXELS = 40_000_000
"""Of a photograph: larger ones are refused before they are decoded."""

_MAX_EXTENT = 2.0  # Of a box, over the photograph's longer side.


class Crops(NamedTuple):
    """What the network sees of photographs.

    Attributes:
      images: `(B, S, S, 3)` float32 in 0..1.
      boxes: `(B, 4)` squares that they cover of the photographs.
      intrinsics: `(B, 3, 3)` of the photographs' cameras.
    """

    images: tf.Tensor
    boxes: tf.Tensor
    intrinsics: tf.Tensor


def crops(jpeg: tf.Tensor, boxes: tf.Tensor, intrinsics: tf.Tensor, size: int) -> Crops:
    """Decodes and crops a batch; wrong inputs end the request with a message.

    Args:
      jpeg: `(B,)` encoded photographs.
      boxes: `(B, 4)` around people; zeros for the largest square in the middle.
      intrinsics: `(B, 3, 3)` of the photographs; zeros where not known.
      size: S.

    Returns:
      The crops.
    """
    jpeg = input_checks.shaped("jpeg", jpeg, (None,))
    boxes = input_checks.shaped("boxes", boxes, (None, 4))
    intrinsics = input_checks.shaped("intrinsics", intrinsics, (None, 3, 3))
    jpeg, boxes, intrinsics = input_checks.same_batch(
        {"jpeg": jpeg, "boxes": boxes, "intrinsics": intrinsics}
    )
    sizes = _sizes(_encoded(jpeg))
    intrinsics = _known_intrinsics(intrinsics, sizes)
    boxes = _squares(boxes, sizes)
    # A loop begins as soon as one of its inputs is there: nothing is decoded before all is checked.
    with tf.control_dependencies([boxes, intrinsics]):
        jpeg = tf.identity(jpeg)
    images = tf.map_fn(
        lambda item: _crop(item[0], item[1], size),
        (jpeg, boxes),
        fn_output_signature=tf.TensorSpec((size, size, 3), tf.float32),
    )
    return Crops(images, boxes, intrinsics)


def _encoded(jpeg: tf.Tensor) -> tf.Tensor:
    """Checks that every item begins as a JPEG does."""
    is_long_enough = tf.strings.length(jpeg) >= 4
    beginnings = tf.strings.substr(tf.where(is_long_enough, jpeg, "    "), 0, 2)
    return input_checks.all_items(
        jpeg, beginnings == b"\xff\xd8", "`jpeg` must hold JPEG files, each beginning with FF D8"
    )


def _sizes(jpeg: tf.Tensor) -> tf.Tensor:
    """Reads the `(B, 2)` heights and widths, without decoding; large ones are refused."""
    sizes = tf.map_fn(
        lambda encoded: tf.io.extract_jpeg_shape(encoded)[:2],
        jpeg,
        fn_output_signature=tf.TensorSpec((2,), tf.int32),
    )
    sizes = tf.cast(sizes, tf.float32)
    return input_checks.all_items(
        sizes,
        tf.reduce_prod(sizes, axis=1) <= MAX_PIXELS,
        f"`jpeg` must hold photographs of at most {MAX_PIXELS} pixels",
    )


def _known_intrinsics(intrinsics: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """Supposes cameras where there are none, as `hps_tf.data.default_camera` does."""
    zeros, ones = tf.zeros_like(sizes[:, 0]), tf.ones_like(sizes[:, 0])
    focal_length = tf.norm(sizes, axis=1)
    middle_y, middle_x = tf.unstack((sizes - 1.0) / 2.0, axis=1)
    rows = [
        [focal_length, zeros, middle_x],
        [zeros, focal_length, middle_y],
        [zeros, zeros, ones],
    ]
    supposed = tf.stack([tf.stack(row, axis=1) for row in rows], axis=1)
    is_unknown = tf.reduce_all(intrinsics == 0.0, axis=(1, 2))
    known = tf.where(is_unknown[:, tf.newaxis, tf.newaxis], supposed, intrinsics)
    return input_checks.cameras("intrinsics", known)


def _squares(boxes: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """The squares around people's boxes; the largest in the middle where there is no box."""
    corner, extent = boxes[:, :2], boxes[:, 2:]
    is_absent = tf.reduce_all(boxes == 0.0, axis=1)
    frame = sizes[:, ::-1]
    longest = tf.reduce_max(frame, axis=1, keepdims=True)
    is_seen = (corner < frame) & (corner + extent > 0.0)
    is_sane = (extent > 0.0) & (extent <= _MAX_EXTENT * longest) & is_seen
    boxes = input_checks.all_items(
        boxes,
        is_absent | tf.reduce_all(is_sane, axis=1),
        "`boxes` must be left, top, width, height of boxes that show some of the photograph and are"
        " at most twice its size, or all 0",
    )
    corner, extent = boxes[:, :2], boxes[:, 2:]
    side = MARGIN * tf.reduce_max(extent, axis=1, keepdims=True)
    around = tf.concat([corner + (extent - side) / 2.0, side, side], axis=1)
    shortest = tf.reduce_min(frame, axis=1, keepdims=True)
    middle = tf.concat([(frame - shortest) / 2.0, shortest, shortest], axis=1)
    return tf.where(is_absent[:, tf.newaxis], middle, around)


def _crop(jpeg: tf.Tensor, box: tf.Tensor, size: int) -> tf.Tensor:
    """Decodes one photograph and resamples a square of it, `(S, S, 3)` in 0..1."""
    pixels = tf.io.decode_jpeg(jpeg, channels=3, dct_method="INTEGER_ACCURATE")
    corner, side = box[1::-1], box[2]  # From here on y before x.
    reach = tf.math.ceil(FILTER_REACH * tf.maximum(1.0, side / size))
    low = tf.cast(tf.floor(corner) - reach, tf.int32)
    high = tf.cast(tf.math.ceil(corner + side) + reach, tf.int32)
    frame = tf.shape(pixels)[:2]
    first, last = tf.clip_by_value(low, 0, frame), tf.clip_by_value(high, 0, frame)
    inner = pixels[first[0] : last[0], first[1] : last[1]]
    margins = tf.concat([tf.stack([first - low, high - last], axis=1), [[0, 0]]], axis=0)
    around = tf.pad(inner, margins, constant_values=GREY)
    scale = tf.fill([2], size / side)
    resampled = tf.raw_ops.ScaleAndTranslate(
        images=around[tf.newaxis],
        size=[size, size],
        scale=scale,
        translation=-scale * (corner - tf.cast(low, tf.float32)),
        kernel_type="keyscubic",
        antialias=True,
    )
    return tf.clip_by_value(resampled[0] / 255.0, 0.0, 1.0)
