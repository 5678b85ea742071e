"""Parts of an image as a network sees them: cut out, resized, black outside the image.

Convention: pixel centres at integers in the image; in a view, places are counted from its edge.
"""

from typing import NamedTuple

import tensorflow as tf

MULTIPLE = 32
"""Pixels of which a view's sides are a multiple."""

MAX_ENLARGEMENT = 4.0


class View(NamedTuple):
    """Where a view lies.

    Attributes:
      corner: `(2,)` x and y of its edge in the image, counted from the image's edge.
      scale: `()` pixels of the view to one of the image.
      size: `(2,)` int32 rows and columns of the view.
    """

    corner: tf.Tensor
    scale: tf.Tensor
    size: tf.Tensor

    def cut(self, image: tf.Tensor) -> tf.Tensor:
        """Cuts the view out of an image `(H, W, 3)`; float32, smoothed where it is reduced."""
        return tf.raw_ops.ScaleAndTranslate(
            images=image[tf.newaxis],
            size=self.size,
            scale=tf.stack([self.scale, self.scale]),
            translation=-self.scale * self.corner[::-1],
            kernel_type="triangle",
            antialias=True,
        )[0]

    def points_in_image(self, points: tf.Tensor) -> tf.Tensor:
        """Finds where points `(..., 2)` of the view lie in the image."""
        return points / self.scale + self.corner - 0.5

    def boxes_in_image(self, boxes: tf.Tensor) -> tf.Tensor:
        """Finds where boxes `(..., 4)` of the view lie in the image."""
        return tf.concat([self.points_in_image(boxes[..., :2]), boxes[..., 2:] / self.scale], -1)


def whole(image_size: tf.Tensor, longer_side: tf.Tensor) -> View:
    """The whole image, with a border below and on the right.

    Args:
      image_size: `(2,)` int32 rows and columns.
      longer_side: `()` float32 pixels of the view's longer side; small images are enlarged less.

    Returns:
      The view; its sides are multiples of 32.
    """
    size = tf.cast(image_size, tf.float32)
    scale = tf.minimum(longer_side / tf.reduce_max(size), MAX_ENLARGEMENT)
    blocks = tf.maximum(tf.math.ceil(scale * size / MULTIPLE - 1e-4), 1.0)
    return View(tf.zeros(2), scale, MULTIPLE * tf.cast(blocks, tf.int32))


def around(box: tf.Tensor, margin: float, side: int) -> View:
    """A square around a box.

    Args:
      box: `(4,)` left, top, width and height, pixels.
      margin: Of the square's side to the box's longer side.
      side: Pixels of the view's side.

    Returns:
      The view.
    """
    length = margin * tf.maximum(tf.reduce_max(box[2:]), 1.0)
    corner = box[:2] + 0.5 + 0.5 * (box[2:] - length)
    return View(corner, side / length, tf.constant([side, side]))
