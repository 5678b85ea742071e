"""The poses that a prior is trained on, in memory."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hps_tf.body.skeleton import NUM_JOINTS
from hps_tf.data import motion_records
from hps_tf.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class PoseData:
    """Training and validation poses.

    Attributes:
      train: `(N, 24, 3)` axis-angle, radians.
      validation: `(M, 24, 3)`, of other people.
    """

    train: np.ndarray
    validation: np.ndarray


def read(paths: Sequence[str]) -> PoseData:
    """Reads the splits "train" and "val" of prepared motion capture.

    Args:
      paths: Directories of `tools.prepare_mocap`. A clip whose name an earlier directory has, in
        whichever split, is not taken again.

    Raises:
      InputError: If a directory is missing, not prepared or damaged, or no split has clips.
    """
    if not paths:
        raise InputError("config.data.paths must name a directory of tools.prepare_mocap")
    poses: dict[str, list[np.ndarray]] = {"train": [], "val": []}
    seen: set[str] = set()
    for path in map(Path, paths):
        _check_prepared(path)
        clips = [
            clip
            for split in motion_records.list_splits(path)
            for clip in motion_records.read_clips(path, split)
            if clip.name not in seen
        ]
        for clip in clips:
            seen.add(clip.name)
            if clip.split in poses:
                poses[clip.split].append(clip.pose)
    for split, found in poses.items():
        if not found:
            raise InputError(
                f"config.data.paths: {', '.join(paths)} hold no clips of split {split!r}; "
                "prepare them with --splits"
            )
    return PoseData(np.concatenate(poses["train"]), np.concatenate(poses["val"]))


def _check_prepared(path: Path) -> None:
    if not path.is_dir():
        raise InputError(f"config.data.paths: {path} is not a directory")
    if not (path / "manifest.json").is_file():
        raise InputError(
            f"config.data.paths: {path} has no manifest.json; expected a directory that "
            "tools.prepare_mocap wrote"
        )


def evenly_spaced(poses: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the poses, spread over all of them."""
    return poses[np.linspace(0, len(poses) - 1, min(count, len(poses))).astype(int)]


def live_joints(poses: np.ndarray) -> np.ndarray:
    """`(24,)` bool: which joints ever move in the poses; some skeletons have dead ones."""
    return np.ptp(poses.reshape(-1, NUM_JOINTS, 3), axis=0).max(-1) > 1e-3
