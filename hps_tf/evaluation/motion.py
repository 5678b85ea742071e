"""The poses of prepared motion capture, by split.

Data prepared with splits has `train`, `val` and `test`, which share no subject; data prepared
without them has the one split `all`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hps_tf.data.mocap import motion_records
from hps_tf.errors import InputError


def poses_by_split(directories: Sequence[Path]) -> dict[str, np.ndarray]:
    """Reads all poses.

    Archives of motion capture repeat one another's clips: a clip whose name was seen in an earlier
    directory is skipped, whatever its split.

    Args:
      directories: What `tools.prepare_mocap` wrote.

    Returns:
      `(N, 24, 3)` float32 axis-angle by split, in the order train, val, test, all.

    Raises:
      InputError: If a directory holds no prepared motion or a file in it is damaged.
    """
    poses: dict[str, list[np.ndarray]] = {}
    seen: set[str] = set()
    for directory in directories:
        names = set()
        for split in _splits(directory):
            for clip in motion_records.read_clips(directory, split):
                names.add(clip.name)
                if clip.name not in seen:
                    poses.setdefault(split, []).append(clip.pose)
        seen |= names
    return {split: np.concatenate(poses[split]) for split in sorted(poses, key=_rank)}


def spread(poses: np.ndarray, count: int) -> np.ndarray:
    """Picks at most `count` poses, evenly spread: neighbouring frames are nearly the same."""
    if len(poses) <= count:
        return poses
    return poses[np.linspace(0, len(poses) - 1, count).astype(int)]


def _splits(directory: Path) -> list[str]:
    splits = motion_records.list_splits(directory)
    if not splits:
        raise InputError(f"{directory}: expected prepared motion (*.tfrecord), received none")
    return splits


def _rank(split: str) -> tuple[int, str]:
    order = ("train", "val", "test", "all")
    return (order.index(split) if split in order else len(order), split)
