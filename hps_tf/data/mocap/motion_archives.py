"""Prepared motion of several directories, read as one."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hps_tf.data.mocap import motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError

_ORDER = ("train", "val", "test", "all")


def read_clips(directories: Sequence[str | os.PathLike[str]], name: str) -> Iterator[MotionClip]:
    """Reads the clips of all splits of several directories.

    Archives of motion capture repeat one another's clips: one whose name an earlier directory has,
    in any split, is skipped.

    Args:
      directories: Output directories of `tools.prepare_mocap`.
      name: How errors call the directories, e.g. ``"--data"``.

    Yields:
      The clips; `MotionClip.split` says of which split each is.

    Raises:
      InputError: If a directory holds no prepared motion, or a file in it is damaged.
    """
    seen: set[str] = set()
    for directory in map(Path, directories):
        splits = motion_records.list_splits(directory) if directory.is_dir() else []
        if not splits:
            raise InputError(
                f"{name} {directory}: expected prepared motion (of tools.prepare_mocap), received"
                " none"
            )
        names = set()
        for split in splits:
            for clip in motion_records.read_clips(directory, split):
                names.add(clip.name)
                if clip.name not in seen:
                    yield clip
        seen |= names


def of_split(
    directories: Sequence[str | os.PathLike[str]], split: str, name: str
) -> list[MotionClip]:
    """Reads the clips of one split of several directories.

    Args:
      directories: See `read_clips`.
      split: The split.
      name: See `read_clips`.

    Raises:
      InputError: See `read_clips`; or if none holds the split.
    """
    clips = [clip for clip in read_clips(directories, name) if clip.split == split]
    if not clips:
        paths = ", ".join(map(str, directories))
        raise InputError(
            f"{name} {paths}: expected clips of split {split!r}, received none; prepare them with"
            " --splits"
        )
    return clips


def in_order(splits: Iterable[str]) -> list[str]:
    """Sorts the names of splits: train, val, test, all, others."""
    return sorted(splits, key=_rank)


def _rank(split: str) -> tuple[int, str]:
    return (_ORDER.index(split) if split in _ORDER else len(_ORDER), split)
