"""Outputs of a frozen front end for images, kept on disk.

The images are fixed, and so is what is found in each of a few augmented views of them: it is
computed once, and a training step computes the later modules alone. Neither the views nor what is
kept of them depends on a run's seed or on the labels that it uses: runs with one cache share it.

A directory holds one memory-mapped array a field, `NAME.npy`; row v + V n is view v of example n,
with all its labels. What the front end found, as `SEEN/` and its name, is float16.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hps_tf.body import BodyModel
from hps_tf.data.images import image_batches
from hps_tf.data.images.augmentation import Augmentation
from hps_tf.data.images.image_order import ImageOrder
from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.data.images.train_batch import SeenFeatures, TrainBatch
from hps_tf.io import atomic_directory, directory_lock
from hps_tf.models import NetworkOptions
from hps_tf.models.front_end import FrontEnd

SEEN = "seen/"

_SEED = 0
"""Of the views' augmentation."""

_CHUNK = 16
_FIELD = "{}.npy"


class SeenSource:
    """A source with what is found in it, in a cache.

    Args:
      source: The source.
      views: Augmented views of each image.
      augmentation: How they are changed; None: only resized, one view.
      options: The network's options.
      model: The body model of the labels; None: the embedded one.
    """

    def __init__(
        self,
        source: Source,
        views: int,
        augmentation: Augmentation | None,
        options: NetworkOptions,
        model: BodyModel | None = None,
    ):
        self._model = model
        self.source = source
        self.views = views if augmentation else 1
        self._augmentation = augmentation
        self._sizes = (options.image_size, options.map_size)
        self._arrays: dict[str, np.ndarray] = {}

    def make(self, cache: Path, front: FrontEnd) -> None:
        """Computes what the cache does not have yet; one process at a time, others wait."""
        directory = self._directory(cache, front)
        if directory.is_dir():
            return
        with directory_lock.held(cache, f"cache {cache}", waits=True):
            if not directory.is_dir():
                with atomic_directory.replacing(directory) as scratch:
                    self._write(scratch, front)

    def open(self, cache: Path, front: FrontEnd) -> None:
        """Opens the arrays that `make` wrote."""
        directory = self._directory(cache, front)
        names = {
            path.relative_to(directory).with_suffix("").as_posix(): path
            for path in sorted(directory.rglob(_FIELD.format("*")))
        }
        self._arrays = {name: np.load(path, mmap_mode="r") for name, path in names.items()}

    @property
    def fields(self) -> dict[str, np.dtype]:
        """Names and types of the arrays."""
        return {name: array.dtype for name, array in self._arrays.items()}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of a row of each."""
        return {name: array.shape[1:] for name, array in self._arrays.items()}

    def rows(self, numbers: np.ndarray, epochs: np.ndarray) -> dict[str, np.ndarray]:
        """Reads examples, of each the view whose turn it is in the epoch.

        Labels that the source does not use are as if there were none.
        """
        rows = numbers * self.views + epochs % self.views
        read = {name: array[rows] for name, array in self._arrays.items()}
        uses_2d = np.full(len(rows), self.source.labels != "none")
        return image_batches.with_used_labels(read, uses_2d, self.source.supervision[numbers])

    def _directory(self, cache: Path, front: FrontEnd) -> Path:
        """The directory of the arrays, named after all that they depend on."""
        dataset = self.source.dataset
        files = [(file.path.name, file.path.stat().st_size) for file in dataset.files]
        what = [
            dataset.manifest, files, self.views,
            vars(self._augmentation) if self._augmentation else None, _SEED, self._sizes,
            front.digest,
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        return cache / f"{dataset.directory.name}-{digest[:16]}"

    def _write(self, directory: Path, front: FrontEnd) -> None:
        dataset = self.source.dataset
        total = len(dataset) * self.views
        arrays: dict[str, np.memmap] = {}

        @tf.function(autograph=False, reduce_retracing=True)
        def see(records: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
            everywhere = tf.ones(tf.shape(records))
            batch = image_batches.examples(
                records,
                seeds,
                everywhere,
                everywhere,
                dataset,
                self._sizes,
                self._augmentation,
                self._model,
            )
            del batch["sequence"]
            found = front(batch.pop("image"))
            return batch | {
                SEEN + name: tf.cast(found[name], tf.float16) for name in SeenFeatures._fields
            }

        with tqdm(
            total=total, unit="view", desc=f"features of {dataset.directory.name}", mininterval=5.0
        ) as shown:
            for end in range(_CHUNK, total + _CHUNK, _CHUNK):
                # The last is as long as the others, for nothing to be traced twice.
                end = min(end, total)
                rows = np.arange(max(end - _CHUNK, 0), end)
                records = dataset.records(rows // self.views)
                seeds = np.stack([np.full(len(rows), _SEED), rows], axis=1)
                found = see(tf.constant(records, tf.string), tf.constant(seeds, tf.int64))
                for name, tensor in found.items():
                    if name not in arrays:
                        path = directory / _FIELD.format(name)
                        path.parent.mkdir(exist_ok=True)
                        arrays[name] = np.lib.format.open_memmap(
                            path, "w+", tensor.dtype.as_numpy_dtype, (total, *tensor.shape[1:])
                        )
                    arrays[name][rows] = tensor.numpy()
                shown.update(end - shown.n)
        for array in arrays.values():
            array.flush()


class SeenBatches:
    """Batches of what is found in mixtures of sources; as `ImageBatches`, without the images.

    Args:
      sources: The sources; opened before the first batch.
      mixes: As of `ImageBatches`.
      batch_size: Examples of a batch.
      seed: Determines the order.
    """

    def __init__(
        self, sources: Sequence[SeenSource], mixes: Sequence[Mix], batch_size: int, seed: int
    ):
        self.sources = list(sources)
        self._batch_size = batch_size
        self._order = ImageOrder([seen.source for seen in sources], mixes, batch_size, seed)

    def batch(self, step: tf.Tensor, rows: slice = slice(None)) -> TrainBatch:
        """Gives a batch, or some of its rows: see `ImageBatches.batch`."""
        count = len(range(*rows.indices(self._batch_size)))
        fields, shapes = self.sources[0].fields, self.sources[0].shapes
        tensors = tf.numpy_function(
            lambda number: self._read(int(number), rows),
            [step],
            list(fields.values()),
            stateful=False,
        )
        batch = {
            name: tf.ensure_shape(tensor, [count, *shapes[name]])
            for name, tensor in zip(fields, tensors, strict=True)
        }
        seen = [tf.cast(batch[SEEN + name], tf.float32) for name in SeenFeatures._fields]
        return image_batches.train_batch(batch, SeenFeatures(*seen), tf.zeros(count))

    def _read(self, step: int, rows: slice) -> list[np.ndarray]:
        drawn = self._order.draw(step, rows)
        fields, shapes = self.sources[0].fields, self.sources[0].shapes
        count = len(drawn.numbers)
        read = {name: np.empty((count, *shapes[name]), dtype) for name, dtype in fields.items()}
        for index, source in enumerate(self.sources):
            here = np.flatnonzero(drawn.sources == index)
            for name, values in source.rows(drawn.numbers[here], drawn.epochs[here]).items():
                read[name][here] = values
        return list(read.values())
