"""Turns any dataset of photographs of people into prepared images, through one protocol.

A dataset of one's own is a `DatasetAdapter`: it lists its sources by split, labels the people of a
source, and makes image examples of them. `prepare` writes the directory that training reads.
"""

import collections
import functools
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from hps_tf.data.images import image_dataset
from hps_tf.data.images.image_example import ImageExample
from hps_tf.io.process_map import process_map

Source = TypeVar("Source")
Item = TypeVar("Item")


class Drops:
    """Counts of the people or frames that are left out.

        drops = Drops()

    Attributes:
      counts: By reason.
      first: The first case of each reason that has details.
    """

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.first: dict[str, str] = {}

    def add(self, reason: str, detail: str | None = None, count: int = 1) -> None:
        """Counts some of one reason.

        Args:
          reason: The reason.
          detail: The error, or None.
          count: How many; 0 leaves no trace.
        """
        if count:
            self.counts[reason] += count
            if detail is not None:
                self.first.setdefault(reason, detail)

    def update(self, other: "Drops") -> None:
        """Adds the counts of another."""
        self.counts.update(other.counts)
        self.first = {**other.first, **self.first}


class Outcome(NamedTuple):
    """The examples of one item.

        outcome = Outcome(examples=[], drops=Drops())

    Attributes:
      examples: The examples.
      drops: The people left out.
    """

    examples: list[ImageExample]
    drops: Drops


class DatasetAdapter(Protocol[Source, Item]):
    """A dataset of photographs of people.

        hps_tf.data.datasets.prepare(MyDataset(...), "prepared", settings={})

    Attributes:
      body: Name of the body that poses and shapes are of; "default" for the embedded one.
      num_shape: The number of shape components.
      image_size: Side of the examples' images in pixels.
      sources_per_process: Sources for which starting a process pays.
      make: Makes the examples of an item. It runs in other processes, so it has to be importable
        and free of state; a function, or an instance of a dataclass.
      drops: Counts of what was left out before `make`.
    """

    body: str
    num_shape: int
    image_size: int
    sources_per_process: int
    drops: Drops

    @property
    def make(self) -> Callable[[Item], Outcome]:
        """Makes the examples of an item; see above."""

    def splits(self) -> Mapping[str, Sequence[Source]]:
        """Lists the sources (photographs, recordings, sequences) of each split, in order."""

    def items(self, sources: Sequence[Source]) -> Iterator[Item]:
        """Labels the people of sources, in order; in this process, which may fit bodies."""


def prepare(
    adapter: DatasetAdapter[Source, Item],
    output: str | os.PathLike[str],
    *,
    settings: Mapping[str, Any],
    splits: Mapping[str, Sequence[Source]] | None = None,
    max_processes: int = 1,
    finished: Callable[[Item], object] | None = None,
    may_be_empty: bool = False,
) -> image_dataset.Manifest:
    """Prepares a dataset; the output appears whole or not at all.

        manifest = prepare(adapter, "prepared/mine", settings={"image_size": 256})

    Args:
      adapter: The dataset.
      output: The directory to write; an earlier one is replaced.
      settings: The settings that decide the output, for the manifest.
      splits: Sources in the place of all of the adapter's, such as a share of them.
      max_processes: Processes that make examples, at most.
      finished: Called with each item that is done.
      may_be_empty: Whether an output without any example is accepted.

    Returns:
      The manifest.

    Raises:
      InputError: If a source is damaged, an example is unsound or there is none.
    """
    make = functools.partial(_examples, adapter, max_processes, finished)
    return image_dataset.write(
        output,
        {
            split: make(sources)
            for split, sources in (adapter.splits() if splits is None else splits).items()
        },
        image_size=adapter.image_size,
        num_shape=adapter.num_shape,
        body=adapter.body,
        settings=settings,
        dropped=adapter.drops.counts,
        may_be_empty=may_be_empty,
    )


def _examples(
    adapter: DatasetAdapter[Source, Item],
    max_processes: int,
    finished: Callable[[Item], object] | None,
    sources: Sequence[Source],
) -> Iterator[ImageExample]:
    wanted = math.ceil(len(sources) / adapter.sources_per_process)
    num_processes = max(1, min(max_processes, wanted))
    for item, outcome in process_map(adapter.make, adapter.items(sources), num_processes):
        adapter.drops.update(outcome.drops)
        yield from outcome.examples
        if finished is not None:
            finished(item)
