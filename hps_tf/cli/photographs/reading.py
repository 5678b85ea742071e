"""Photographs read ahead by a thread, while others are worked on."""

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hps_tf.errors import InputError
from hps_tf.reconstruction import pixels

_WAITING = 4  # Photographs that may wait for work.
_MAX_IMAGES = 8
_MAX_PIXELS = 24_000_000


class Read(NamedTuple):
    """A photograph, read.

    Attributes:
      place: Among all.
      pixels: `(H, W, 3)` uint8; None if it cannot be read.
      reason: Why it cannot.
      focal_length: Pixels, as its EXIF has it.
    """

    place: int
    pixels: np.ndarray | None
    reason: str
    focal_length: float | None


def read_ahead(paths: Sequence[Path]) -> Generator[Read, None, None]:
    """Reads files in order; one that cannot be read comes with the reason."""
    waiting: queue.Queue[Read | None] = queue.Queue(_WAITING)
    is_left = threading.Event()

    def put(item: Read | None) -> None:
        while not is_left.is_set():
            try:
                waiting.put(item, timeout=0.2)
            except queue.Full:
                continue
            return

    def read() -> None:
        for place, path in enumerate(paths):
            if is_left.is_set():
                return
            try:
                array = pixels.read(path, str(path))
                put(Read(place, array, "", pixels.focal_length(path)))
            except InputError as error:
                put(Read(place, None, str(error), None))
        put(None)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            yield item
    finally:
        is_left.set()
        thread.join()


def batches(photographs: Iterator[Read]) -> Iterator[list[Read]]:
    """Groups photographs into batches that fit into memory."""
    batch: list[Read] = []
    size = 0
    for photograph in photographs:
        new = 0 if photograph.pixels is None else photograph.pixels[..., 0].size
        if batch and (len(batch) == _MAX_IMAGES or size + new > _MAX_PIXELS):
            yield batch
            batch, size = [], 0
        batch.append(photograph)
        size += new
    if batch:
        yield batch
