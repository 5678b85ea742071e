"""The poses of prepared motion capture, by split.

Data prepared with splits has `train`, `val` and `test`, which share no subject; data prepared
without them has the one split `all`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hps_tf.data.mocap import motion_archives


def poses_by_split(directories: Sequence[Path]) -> dict[str, np.ndarray]:
    """Reads all poses.

    Archives of motion capture repeat one another's clips: a clip whose name was seen in an earlier
    directory is skipped, in every split.

    Args:
      directories: Output directories of `tools.prepare_mocap`.

    Returns:
      `(N, 24, 3)` float32 axis-angle by split, in the order train, val, test, all.

    Raises:
      InputError: If a directory holds no prepared motion or a file in it is damaged.
    """
    poses: dict[str, list[np.ndarray]] = {}
    for clip in motion_archives.read_clips(directories, "--data"):
        poses.setdefault(clip.split, []).append(clip.pose)
    order = motion_archives.in_order(poses)
    return {split: np.concatenate(poses[split]) for split in order}
