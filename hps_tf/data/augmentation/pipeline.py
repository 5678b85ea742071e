"""Augmentation of batches of image examples, to run inside tf.data.

Every random number comes from an example's own seed: what an example becomes depends neither on its
place in the batch nor on the others there.
"""

import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.data.augmentation import draws, geometry
from hps_tf.data.augmentation.settings import Augmentation
from hps_tf.data.image_records import Batch
from hps_tf.geometry import checks

_VIEW = 0


def resize(batch: Batch, size: int, parts_size: int) -> Batch:
    """Resamples examples to another size and changes nothing else.

    Args:
      batch: From `hps_tf.data.image_records.parse`.
      size: N of the images returned.
      parts_size: M of the part labels returned.

    Returns:
      What `augment` with settings of `Augmentation.none` does.

    Raises:
      ValueError: If a shape or size is wrong.
    """
    _check(batch, size, parts_size)
    view = geometry.same_view(tf.shape(batch["image"])[0])
    return geometry.apply(batch, view, size, parts_size)


def augment(
    batch: Batch,
    seeds: tf.Tensor,
    size: int,
    parts_size: int,
    settings: Augmentation,
    *,
    photographs: tf.Tensor | None = None,
    body: BodyModel | None = None,
) -> Batch:
    """Changes examples at random: the view, the background, what stands in front, the colours.

    Args:
      batch: From `hps_tf.data.image_records.parse`.
      seeds: `(B, 2)` int64, an example's own; the same seed gives the same result.
      size: N of the images returned.
      parts_size: M of the part labels returned.
      settings: How strongly.
      photographs: `(P, H, W, 3)` uint8 to cut backgrounds from; without any they are painted.
      body: See `geometry.apply`.

    Returns:
      The batch with `image` (B, N, N, 3) in 0..1, `part_labels` (B, M, M) and all else to match.

    Raises:
      ValueError: If a shape or size is wrong.
    """
    _check(batch, size, parts_size)
    checks.shape("seeds", seeds, (None, 2))
    view = geometry.random_view(draws.uniform(seeds, _VIEW, geometry.NUM_DRAWS), settings)
    viewed = geometry.apply(batch, view, size, parts_size, body)
    image, part_labels = viewed["image"], viewed["part_labels"]
    return viewed | {"image": image, "part_labels": part_labels}


def _check(batch: Batch, size: int, parts_size: int) -> None:
    input_size = batch["image"].shape[1]
    checks.shape("batch['image']", batch["image"], (None, input_size, input_size, 3))
    checks.shape("batch['part_labels']", batch["part_labels"], (None, input_size, input_size))
    for name, value in {"size": size, "parts_size": parts_size}.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1, got {value}")
