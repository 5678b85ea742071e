"""Batches of image examples for training: a function of the step and the seed.

There is no state: batches depend neither on interruptions nor on the number of machines.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from hps_tf.body import BodyModel
from hps_tf.data.images import augmentation, image_records
from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.data.images.image_order import ImageOrder
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.data.images.train_batch import SeenFeatures, TrainBatch
from hps_tf.errors import InputError
from hps_tf.losses import part_alignment

_FIELDS = {
    "keypoints": ("keypoints_2d", "keypoint_weights"),
    "parts": ("part_labels", "is_silhouette"),
    "pose": ("pose", "shape", "translation"),
    "markers": ("markers_3d",),
}

Batch = dict[str, tf.Tensor]


class ImageBatches:
    """Augmented batches of mixtures of sources.

        batches = ImageBatches(sources, mixes, batch_size=16, ...)

    Args:
      sources: The sources; their images have one size.
      mixes: How they are mixed, in the order of steps; the first begins at step 0.
      batch_size: Examples of a batch.
      image_size: Side of the network's input, pixels.
      parts_size: Side of the part labels.
      augmentation: How images are changed; None: only resized.
      seed: Determines order and augmentation.
      window: Frames of videos, T, that stay together: examples are drawn as windows of T in the
        order of their dataset, augmented alike, and follow each other in the batch.
      body: The body model of the poses; None: the embedded one.

    Raises:
      InputError: If the datasets differ in image size, body or shape components, or a source has no
        example in a batch, or fewer than a window.
      ValueError: If the batch size is no multiple of the window, the first mix does not begin at
        step 0, or one has not a share of each source.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        mixes: Sequence[Mix],
        batch_size: int,
        image_size: int,
        parts_size: int,
        augmentation: Augmentation | None,
        seed: int,
        window: int = 1,
        body: BodyModel | None = None,
    ):
        self._window = window
        self._body = body
        self._sources = list(sources)
        self._batch_size = batch_size
        self._image_size, self._parts_size = image_size, parts_size
        self._augmentation = augmentation
        self._seed = seed
        first = sources[0].dataset
        for source in sources[1:]:
            for field in ("image_size", "body", "num_shape"):
                expected, received = getattr(first, field), getattr(source.dataset, field)
                if expected != received:
                    raise InputError(
                        f"{source.dataset.directory}: expected {field} {expected} as in"
                        f" {first.directory}, received {received}"
                    )
        self._order = ImageOrder(sources, mixes, batch_size, seed, window)

    def batch(self, step: tf.Tensor, rows: slice = slice(None)) -> TrainBatch:
        """Gives a batch, or some of its rows, which alone are then read.

        Args:
          step: `()` int64.
          rows: Which of the batch's examples; static.

        Returns:
          The batch, at the sizes wanted. Labels that are not to be used are zero, and so are their
          flags. An example follows the one before it if both are of the same video and window.
        """
        count = len(range(*rows.indices(self._batch_size)))
        records, seeds, use_2d, supervised = tf.numpy_function(
            lambda number: self._read(int(number), rows),
            [step],
            [tf.string, tf.int64, tf.float32, tf.float32],
            stateful=False,
        )
        batch = examples(
            tf.ensure_shape(records, [count]),
            tf.ensure_shape(seeds, [count, 2]),
            tf.ensure_shape(use_2d, [count]),
            tf.ensure_shape(supervised, [count]),
            self._sources[0].dataset,
            (self._image_size, self._parts_size),
            self._augmentation,
            self._body,
        )
        return train_batch(batch, batch["image"], self._follows(batch["sequence"], rows))

    def _read(self, step: int, rows: slice) -> list[np.ndarray]:
        """Serialized entries, seeds and uses of labels of some rows of a batch."""
        drawn = self._order.draw(step, rows)
        count = len(drawn.numbers)
        records = np.empty(count, object)
        use_2d, supervised = np.ones((2, count), np.float32)
        for index, source in enumerate(self._sources):
            here = np.flatnonzero(drawn.sources == index)
            records[here] = source.dataset.records(drawn.numbers[here])
            use_2d[here] = source.labels != "none"
            supervised[here] = [source.is_supervised(record) for record in records[here]]
        windows = np.arange(self._batch_size)[rows] // self._window
        places = step * (self._batch_size // self._window) + windows
        seeds = np.stack([np.full(count, self._seed), places], axis=1).astype(np.int64)
        return [records, seeds, use_2d, supervised]

    def _follows(self, sequences: tf.Tensor, rows: slice) -> tf.Tensor:
        """Marks frames that belong to the frame before, `(B,)`."""
        before = tf.concat([[""], sequences[:-1]], axis=0)
        is_inside = np.arange(self._batch_size)[rows] % self._window > 0
        follows = is_inside & (sequences == before) & (sequences != "")
        return tf.cast(follows, tf.float32)


def examples(
    records: tf.Tensor,
    seeds: tf.Tensor,
    use_2d: tf.Tensor,
    supervised: tf.Tensor,
    dataset: ImageDataset,
    sizes: tuple[int, int],
    augmentation_: Augmentation | None,
    body: BodyModel | None = None,
) -> Batch:
    """Decodes and augments examples, and hides the labels that are not to be used.

    Args:
      records: `(B,)` serialized entries.
      seeds: `(B, 2)` int64, of the augmentation.
      use_2d: `(B,)`, 0 where keypoints and parts are hidden.
      supervised: `(B,)`, 0 where poses and markers are.
      dataset: Where they come from, or one of the same sizes.
      sizes: Sides of images and of part labels, pixels.
      augmentation_: How images are changed; None: only resized.
      body: The body model of the poses; None: the embedded one.

    Returns:
      What `image_records.parse` gives, of texts the sequence alone.
    """
    batch = image_records.parse(records, dataset.image_size, dataset.num_shape)
    if augmentation_ is None:
        batch = augmentation.resize(batch, *sizes)
    else:
        batch = augmentation.augment(batch, seeds, *sizes, augmentation_, body=body)
    batch = _hidden(batch, use_2d, ("keypoints", "parts"))
    batch = _hidden(batch, supervised, ("pose", "markers"))
    is_kept = {name: tensor.dtype != tf.string for name, tensor in batch.items()}
    return {name: batch[name] for name in batch if is_kept[name] or name == "sequence"}


def train_batch(
    examples: Mapping[str, tf.Tensor], inputs: tf.Tensor | SeenFeatures, follows: tf.Tensor
) -> TrainBatch:
    """Makes a batch of what `examples` gives, with the part labels packed.

    Packing here keeps it out of the training step, which another thread computes meanwhile.

    Args:
      examples: The fields by name.
      inputs: The network's inputs.
      follows: As of `TrainBatch`.
    """
    packed = part_alignment.packed_labels(examples["part_labels"])
    made = {"inputs": inputs, "part_pixels": packed, "follows": follows}
    others = {name: examples[name] for name in TrainBatch._fields if name not in made}
    return TrainBatch(**made, **others)


def with_used_labels(
    read: Mapping[str, np.ndarray], uses_2d: np.ndarray, supervised: np.ndarray
) -> dict[str, np.ndarray]:
    """Hides labels of examples that were read with all their labels.

    Args:
      read: Fields of B examples.
      uses_2d: `(B,)` whether keypoints and parts are used.
      supervised: `(B,)` whether poses and markers are.
    """
    changed = dict(read)
    for used, labels in ((uses_2d, ("keypoints", "parts")), (supervised, ("pose", "markers"))):
        if not used.all():
            for field in _fields(labels):
                changed[field] = read[field].copy()
                changed[field][~used] = 0
    return changed


def _hidden(batch: Batch, use: tf.Tensor, labels: tuple[str, ...]) -> Batch:
    """Makes labels that are not to be used look like those that an example lacks."""
    changed = {}
    for field in _fields(labels):
        tensor = batch[field]
        used = tf.reshape(use > 0.0, [-1] + [1] * (tensor.shape.rank - 1))
        changed[field] = tf.where(used, tensor, tf.zeros_like(tensor))
    return batch | changed


def _fields(labels: tuple[str, ...]) -> list[str]:
    """The flags and fields of labels."""
    return [field for label in labels for field in (f"has_{label}", *_FIELDS[label])]
