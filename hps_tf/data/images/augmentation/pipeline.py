"""Augmentation of batches of image examples, to run inside tf.data.

Every random number comes from an example's own seed: what an example becomes depends neither on its
place in the batch nor on the others there.
"""

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.data.images.augmentation import backgrounds, colour, draws, geometry, occluders
from hps_tf.data.images.augmentation.settings import Augmentation
from hps_tf.data.images.image_records import Batch
from hps_tf.geometry import checks

_SIZES = (
    2,
    geometry.NUM_DRAWS,
    backgrounds.NUM_DRAWS,
    occluders.NUM_DRAWS,
    colour.NUM_DRAWS,
)


# Nothing here branches on a tensor; looking for it takes three quarters of the time to trace.
_as_written = tf.autograph.experimental.do_not_convert


@_as_written
def resize(batch: Batch, size: int, parts_size: int) -> Batch:
    """Resamples examples to another size; keypoints outside of the image lose their weight.

    Args:
      batch: From `hps_tf.data.images.image_records.parse`.
      size: N of the images returned.
      parts_size: M of the part labels returned.

    Returns:
      What `augment` returns with `Augmentation.none()`.

    Raises:
      ValueError: If a shape or size is wrong, or the images are not in 0..1.
    """
    _check(batch, size, parts_size)
    view = geometry.same_view(tf.shape(batch["image"])[0])
    return geometry.apply(batch, view, size, parts_size)


@_as_written
def augment(
    batch: Batch,
    seeds: tf.Tensor,
    size: int,
    parts_size: int,
    settings: Augmentation,
    *,
    body: BodyModel | None = None,
) -> Batch:
    """Changes examples at random: the view, the background, what stands in front, the colours.

    Args:
      batch: From `hps_tf.data.images.image_records.parse`.
      seeds: `(B, 2)` int64, one per example; the same seed changes an example in the same way.
      size: N of the images returned.
      parts_size: M of the part labels returned.
      settings: How much.
      body: The body model of the poses, see `geometry.apply`.

    Returns:
      The batch with `image` (B, N, N, 3) in 0..1, `part_labels` (B, M, M) and all else to match.

    Raises:
      ValueError: If a shape or size is wrong, or the images are not in 0..1.
    """
    _check(batch, size, parts_size)
    checks.shape("seeds", seeds, (None, 2))
    # All numbers are always drawn: switching one change off leaves the others as they were.
    uniform = draws.uniform(seeds, sum(_SIZES))
    choice, viewing, behind, in_front, colouring = tf.split(uniform, _SIZES, axis=1)
    is_replaced = (choice[:, 0] < settings.background) & (batch["is_silhouette"] > 0)
    is_occluded = choice[:, 1] < settings.occluders

    view = geometry.random_view(viewing, settings)
    viewed = geometry.apply(batch, view, size, parts_size, body)
    images, part_labels = viewed["image"], viewed["part_labels"]

    def replace_background(
        images: tf.Tensor, part_labels: tf.Tensor, uniform: tf.Tensor, *view: tf.Tensor
    ) -> tf.Tensor:
        part_labels = geometry.warp_parts(part_labels, geometry.View(*view), size)
        return backgrounds.replace(images, part_labels, uniform)

    if settings.background > 0:
        images = draws.for_chosen(
            is_replaced, replace_background, images, batch["part_labels"], behind, *view
        )
    if settings.occluders > 0:
        images = draws.for_chosen(is_occluded, occluders.cover_images, images, in_front)
        part_labels = draws.for_chosen(is_occluded, occluders.cover_parts, part_labels, in_front)
    if settings.colour > 0:
        images = colour.change(images, colouring, seeds, settings.colour)
    return viewed | {"image": images, "part_labels": part_labels}


def _check(batch: Batch, size: int, parts_size: int) -> None:
    input_size = batch["image"].shape[1]
    checks.shape("image", batch["image"], (None, input_size, input_size, 3))
    checks.images("image", batch["image"])
    checks.shape("part_labels", batch["part_labels"], (None, input_size, input_size))
    for name, value in {"size": size, "parts_size": parts_size}.items():
        if value < 1:
            raise ValueError(f"`{name}`: expected at least 1, received {value}")
