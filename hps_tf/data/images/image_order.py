"""Which examples a training batch has: a function of the step and the seed.

Every batch has the same number of examples of each source, in proportion to the shares; each source
is gone through epoch by epoch, in an order of its own in each.
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hps_tf.data.images.image_sources import Mix, Source
from hps_tf.errors import InputError


class Drawn(NamedTuple):
    """Examples `(B,)` of a batch: their sources, their numbers in these, and in which epoch."""

    sources: np.ndarray
    numbers: np.ndarray
    epochs: np.ndarray


class ImageOrder:
    """The order of examples of mixtures of sources.

    Args:
      sources: The sources.
      mixes: How they are mixed, in the order of steps; the first begins at step 0.
      batch_size: Examples of a batch.
      seed: Determines the order.
      window: Frames of videos, T, that stay together: examples are drawn as windows of T in the
        order of their dataset, and follow each other in the batch.

    Raises:
      InputError: If a source has no example in a batch, or fewer than a window.
      ValueError: If the batch size is no multiple of the window, the first mix does not begin at
        step 0, or one has not a share of each source.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        mixes: Sequence[Mix],
        batch_size: int,
        seed: int,
        window: int = 1,
    ):
        if batch_size % window:
            raise ValueError(
                f"`batch_size`: expected a multiple of {window}, received {batch_size}"
            )
        self._window = window
        self._sources = list(sources)
        self._batch_size = batch_size
        self._seed = seed
        for source in sources:
            if len(source.numbers) < window:
                raise InputError(
                    f"{source.dataset.directory}: expected at least a window of {window} examples,"
                    f" received {len(source.numbers)}"
                )
        if not mixes or mixes[0].first_step != 0:
            raise ValueError(f"`mixes`: expected one that begins at step 0, received {list(mixes)}")
        if any(len(mix.shares) != len(sources) for mix in mixes):
            raise ValueError(
                f"`mixes`: expected {len(sources)} shares each, received {list(mixes)}"
            )
        self._mixes = list(mixes)
        self._slots = [_slots(mix.shares, batch_size // window, seed) for mix in mixes]
        self._orders: dict[tuple[int, int], np.ndarray] = {}
        self._lock = threading.Lock()

    def draw(self, step: int, rows: slice = slice(None)) -> Drawn:
        """Tells which examples some rows of a step's batch are."""
        current = max(i for i, mix in enumerate(self._mixes) if mix.first_step <= step)
        chosen = self._slots[current].repeat(self._window, axis=0)[rows]
        frames = np.arange(self._batch_size)[rows] % self._window
        numbers, epochs = np.empty((2, len(chosen)), np.int64)
        for index in range(len(self._sources)):
            here = np.flatnonzero(chosen[:, 0] == index)
            drawn = self._num_drawn(index, current, step) + chosen[here, 1]
            epochs[here], places = np.divmod(drawn, self._num_windows(index))
            windows = [
                self._order(index, int(epoch))[place]
                for epoch, place in zip(epochs[here], places, strict=True)
            ]
            kept = self._sources[index].numbers
            numbers[here] = kept[np.array(windows, np.int64) * self._window + frames[here]]
        return Drawn(chosen[:, 0], numbers, epochs)

    def _num_drawn(self, index: int, current: int, step: int) -> int:
        """How many windows of a source earlier batches had."""
        ends = [mix.first_step for mix in self._mixes[1 : current + 1]] + [step]
        return sum(
            (end - mix.first_step) * int((slots[:, 0] == index).sum())
            for mix, slots, end in zip(self._mixes, self._slots, ends, strict=False)
        )

    def _num_windows(self, index: int) -> int:
        return len(self._sources[index].numbers) // self._window

    def _order(self, index: int, epoch: int) -> np.ndarray:
        """A source's order in an epoch; those of the last few are kept."""
        key = (index, epoch)
        with self._lock:
            if key not in self._orders:
                while len(self._orders) > 2 * len(self._sources):
                    del self._orders[next(iter(self._orders))]
                generator = np.random.default_rng((self._seed, index, epoch))
                self._orders[key] = generator.permutation(self._num_windows(index))
            return self._orders[key]


def _slots(shares: Sequence[float], batch_size: int, seed: int) -> np.ndarray:
    """Gives the places of a batch to sources: `(batch_size, 2)` source and its running number."""
    exact = np.array(shares) / sum(shares) * batch_size
    counts = np.floor(exact).astype(int)
    remainder = batch_size - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:remainder]] += 1
    if not counts[np.array(shares) > 0].all():
        raise InputError(
            f"expected at least one example of each source in a batch of {batch_size}, received"
            f" shares {list(shares)}"
        )
    slots = [(source, number) for source, n in enumerate(counts) for number in range(n)]
    # Mixed, so that the replicas' parts of the batch are alike.
    return np.random.default_rng(seed).permutation(np.array(slots))
