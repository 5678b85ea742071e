"""Shards of a split: files ``SPLIT-00000-of-0000N.tfrecord`` of a directory."""

import os
import re
from pathlib import Path

from hps_tf.errors import InputError

_SHARD = re.compile(r"(?P<split>.+)-(?P<index>\d{5})-of-(?P<count>\d{5})\.tfrecord")


def list_splits(directory: str | os.PathLike[str]) -> list[str]:
    """Lists the names of the splits that have shards in a directory."""
    matches = (_SHARD.fullmatch(path.name) for path in Path(directory).iterdir())
    return sorted({match["split"] for match in matches if match})


def of_split(directory: Path, split: str) -> list[Path]:
    """Finds the shards of a split, in order.

    Raises:
      InputError: If one is missing.
    """
    matches = [_SHARD.fullmatch(path.name) for path in sorted(directory.iterdir())]
    found = [match for match in matches if match and match["split"] == split]
    counts = {int(match["count"]) for match in found}
    if counts != {len(found)}:
        raise InputError(
            f"{directory}: expected {max(counts, default=1)} shards of {split}, received"
            f" {len(found)}"
        )
    return [directory / match.string for match in found]
