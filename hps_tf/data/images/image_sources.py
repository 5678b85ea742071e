"""Datasets as a training uses them: which labels, and how much of each."""

import dataclasses
import functools
import hashlib

import numpy as np

from hps_tf.data.images import image_records
from hps_tf.data.images.image_dataset import ImageDataset

LABEL_USES = ("all", "3d", "2d", "none")

_RECORDS_AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class Source:
    """A dataset and how it is used.

    Attributes:
      dataset: The examples.
      labels: Which labels are used: ``"all"``, ``"2d"`` (keypoints and parts) or ``"none"``; or
        ``"3d"``: all, and examples whose 3D labels are not used are left out.
      supervised: Share of the subjects whose 3D labels are used, or, of datasets without subjects,
        of the examples. Who is in it depends on the names alone, and a larger share holds a
        smaller one.

    Raises:
      ValueError: If a value is out of range.
    """

    dataset: ImageDataset
    labels: str = "all"
    supervised: float = 1.0

    def __post_init__(self):
        if self.labels not in LABEL_USES:
            raise ValueError(
                f"`labels`: expected one of {', '.join(LABEL_USES)}, received {self.labels}"
            )
        if not 0 <= self.supervised <= 1:
            raise ValueError(f"`supervised`: expected from 0 to 1, received {self.supervised}")

    def is_supervised(self, record: bytes) -> bool:
        """Whether the 3D labels of an entry are used."""
        if self.labels in ("2d", "none") or self.supervised in (0, 1):
            return self.labels in ("all", "3d") and self.supervised == 1
        subject, name = image_records.subject_and_name(record)
        if not subject:
            return _rank(name) < self.supervised
        return subject in self._supervised_subjects

    @functools.cached_property
    def numbers(self) -> np.ndarray:
        """The numbers `(N,)` of the examples that are not left out, ascending."""
        everybody = np.arange(len(self.dataset))
        return np.flatnonzero(self.supervision) if self.labels == "3d" else everybody

    @functools.cached_property
    def supervision(self) -> np.ndarray:
        """Whether the 3D labels of each of the dataset's M examples are used, `(M,)` bool."""
        total = len(self.dataset)
        if self.labels in ("2d", "none") or self.supervised in (0, 1):
            return np.full(total, self.is_supervised(b""))
        found = []
        for first in range(0, total, _RECORDS_AT_ONCE):
            records = self.dataset.records(np.arange(first, min(first + _RECORDS_AT_ONCE, total)))
            found += [self.is_supervised(record) for record in records]
        return np.array(found)

    @functools.cached_property
    def _supervised_subjects(self) -> frozenset[str]:
        subjects = sorted(filter(None, self.dataset.subjects), key=_rank)
        return frozenset(subjects[: round(self.supervised * len(subjects))])


@dataclasses.dataclass(frozen=True)
class Mix:
    """The mixture of sources of a stretch of batches.

    Attributes:
      first_step: Where it begins; it ends where the next one begins.
      shares: Of each source, relative to the others; 0 leaves it out.
    """

    first_step: int
    shares: tuple[float, ...]


def _rank(name: str) -> float:
    """A number in 0..1 that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
