"""TFRecord files of a split that is written entry by entry."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf


class ShardWriter:
    """Writes the entries of a split into as many shards as it takes.

    Args:
      directory: Where to.
      split: The split.
      size: Entries of a shard, at most.
    """

    def __init__(self, directory: Path, split: str, size: int):
        self._directory = directory
        self._split = split
        self._size = size
        self._paths: list[Path] = []
        self._count = 0
        self._writer: tf.io.TFRecordWriter | None = None

    def __enter__(self) -> "ShardWriter":
        return self

    def write(self, entry: bytes) -> None:
        """Writes a serialized entry."""
        with self._naming_errors():
            if self._writer is None or self._count % self._size == 0:
                self._close()
                self._paths.append(self._directory / f"{self._split}-{len(self._paths):05d}")
                self._writer = tf.io.TFRecordWriter(str(self._paths[-1]))
            self._writer.write(entry)
        self._count += 1

    def __exit__(self, *exception: object) -> None:
        with self._naming_errors():
            self._close()
        for path in self._paths:
            path.rename(f"{path}-of-{len(self._paths):05d}.tfrecord")

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextlib.contextmanager
    def _naming_errors(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(f"{self._directory}: {error.message}") from None
