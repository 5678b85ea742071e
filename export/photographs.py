"""Photographs inside the graph: their cameras, and what the network sees of them.

Crops are those of `hps_tf.data.images.person_crop`, which training images were cut by: bicubic with
antialiasing, mid grey outside of the photograph.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from export import encoded_images, input_checks
from hps_tf.data.images.person_crop import FILTER_REACH, GREY, MARGIN
from hps_tf.detection import Detector

MAX_PEOPLE = 10
"""Of a photograph, the likeliest."""

DECODED_AT_ONCE = 2
"""Photographs of a batch: it bounds the memory."""

_ANY_CAMERA = np.diag([1e3, 1e3, 1.0]).astype(np.float32)
_MIN_EXTENT = 2.0  # Pixels of a box: a smaller one is not in pixels.
_MAX_EXTENT = 2.0  # Of a box, over the photograph's longer side.


class Crops(NamedTuple):
    """The network's input for photographs.

    Attributes:
      images: `(B, S, S, 3)` float32 in 0..1.
      boxes: `(B, 4)` squares that they cover of the photographs.
      intrinsics: `(B, 3, 3)` of the photographs' cameras.
    """

    images: tf.Tensor
    boxes: tf.Tensor
    intrinsics: tf.Tensor


def crops(
    jpeg: tf.Tensor,
    boxes: tf.Tensor,
    intrinsics: tf.Tensor,
    size: int,
    detector: Detector | None = None,
) -> Crops:
    """Decodes and crops a batch; wrong inputs end the request with a message.

    Args:
      jpeg: `(B,)` encoded photographs.
      boxes: `(B, 4)` around people; zeros where not known.
      intrinsics: `(B, 3, 3)` of the photographs; zeros where not known.
      size: S.
      detector: Finds the likeliest person of a photograph without a box. Where it finds
        nobody, or there is no detector, the crop is the largest square in the middle.

    Returns:
      The crops.
    """
    jpeg = input_checks.shaped("jpeg", jpeg, (None,))
    boxes = input_checks.shaped("boxes", boxes, (None, 4))
    intrinsics = input_checks.shaped("intrinsics", intrinsics, (None, 3, 3))
    jpeg, boxes, intrinsics = input_checks.same_batch(
        {"jpeg": jpeg, "boxes": boxes, "intrinsics": intrinsics}
    )
    sizes = encoded_images.sizes(jpeg)
    intrinsics = _known_intrinsics(intrinsics, sizes)
    is_absent = tf.reduce_all(boxes == 0.0, axis=1)
    squares = _squares(boxes, is_absent, sizes)
    # A loop begins as soon as one of its inputs is there: nothing is decoded before all is checked.
    with tf.control_dependencies([squares, intrinsics]):
        jpeg = tf.identity(jpeg)

    def crop(item: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        encoded, square, is_sought = item
        pixels = encoded_images.decode(encoded)
        if detector is not None:
            square = tf.cond(
                is_sought, lambda: _around_likeliest(detector, pixels, square), lambda: square
            )
        return _crop(pixels, square, size), square

    images, squares = tf.map_fn(
        crop,
        (jpeg, squares, is_absent),
        fn_output_signature=(tf.TensorSpec((size, size, 3)), tf.TensorSpec((4,))),
        parallel_iterations=DECODED_AT_ONCE,
    )
    return Crops(images, squares, intrinsics)


def default_intrinsics(sizes: tf.Tensor) -> tf.Tensor:
    """Supposes cameras, as `hps_tf.data.images.default_camera` does.

    Args:
      sizes: `(B, 2)` heights and widths of photographs.

    Returns:
      `(B, 3, 3)`.
    """
    zeros, ones = tf.zeros_like(sizes[:, 0]), tf.ones_like(sizes[:, 0])
    focal_length = tf.norm(sizes, axis=1)
    middle_y, middle_x = tf.unstack((sizes - 1.0) / 2.0, axis=1)
    rows = [
        [focal_length, zeros, middle_x],
        [zeros, focal_length, middle_y],
        [zeros, zeros, ones],
    ]
    return tf.stack([tf.stack(row, axis=1) for row in rows], axis=1)


def _known_intrinsics(intrinsics: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """Supposes cameras where there are none."""
    is_unknown = tf.reduce_all(intrinsics == 0.0, axis=(1, 2))[:, tf.newaxis, tf.newaxis]
    checked = input_checks.cameras(
        "intrinsics", tf.where(is_unknown, _ANY_CAMERA, intrinsics), " or all 0"
    )
    return tf.where(is_unknown, default_intrinsics(sizes), checked)


def _squares(boxes: tf.Tensor, is_absent: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """The squares around people's boxes; the largest in the middle where there is no box."""
    corner, extent = boxes[:, :2], boxes[:, 2:]
    frame = sizes[:, ::-1]
    longest = tf.reduce_max(frame, axis=1, keepdims=True)
    is_seen = (corner < frame) & (corner + extent > 0.0)
    is_sane = (extent >= _MIN_EXTENT) & (extent <= _MAX_EXTENT * longest) & is_seen
    boxes = input_checks.all_items(
        boxes,
        is_absent | tf.reduce_all(is_sane, axis=1),
        "`boxes`: expected left, top, width, height in pixels, of boxes that show some of the"
        f" photograph and are from {_MIN_EXTENT:g} pixels to twice its size, or all 0",
    )
    shortest = tf.reduce_min(frame, axis=1, keepdims=True)
    middle = tf.concat([(frame - shortest) / 2.0, shortest, shortest], axis=1)
    return tf.where(is_absent[:, tf.newaxis], middle, _square(boxes))


def _square(boxes: tf.Tensor) -> tf.Tensor:
    """The squares `(B, 4)` that networks see of people in `(B, 4)` boxes."""
    corner, extent = boxes[:, :2], boxes[:, 2:]
    side = MARGIN * tf.reduce_max(extent, axis=1, keepdims=True)
    return tf.concat([corner + (extent - side) / 2.0, side, side], axis=1)


def _around_likeliest(detector: Detector, pixels: tf.Tensor, otherwise: tf.Tensor) -> tf.Tensor:
    """The square `(4,)` of the likeliest person; another one where there is nobody."""
    found = detector.find_people_in_graph(pixels, MAX_PEOPLE)
    return tf.where(found.num_people > 0, _square(found.boxes[:1])[0], otherwise)


def _crop(pixels: tf.Tensor, box: tf.Tensor, size: int) -> tf.Tensor:
    """Resamples a square of a photograph, `(S, S, 3)` in 0..1."""
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
