"""Poses of prepared motion capture for training, in memory."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from hps_tf.data.mocap import motion_archives
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class PoseData:
    """Training and validation poses.

    Attributes:
      train: `(N, 24, 3)` axis-angle, radians.
      train_subjects: `(N,)` who moved.
      validation: `(M, 24, 3)`, of other people.
    """

    train: np.ndarray
    train_subjects: np.ndarray
    validation: np.ndarray


def read(paths: Sequence[str], name: str = "paths") -> PoseData:
    """Reads the splits "train" and "val" of prepared motion capture.

    Args:
      paths: Directories of `tools.prepare_mocap`. A clip whose name an earlier directory has, in
        any split, is skipped.
      name: How errors call the paths.

    Raises:
      InputError: If a directory is missing, not prepared or damaged, or no split has clips.
    """
    if not any(paths):
        raise InputError(
            f"{name}: expected a directory of tools.prepare_mocap, or several with commas between,"
            " received none"
        )
    clips: dict[str, list[MotionClip]] = {"train": [], "val": []}
    for clip in motion_archives.read_clips(paths, name):
        if clip.split in clips:
            clips[clip.split].append(clip)
    for split, found in clips.items():
        if not found:
            raise InputError(
                f"{name}: expected clips of split {split!r}, received none in {', '.join(paths)};"
                " prepare them with --splits"
            )
    return PoseData(
        train=np.concatenate([clip.pose for clip in clips["train"]]),
        train_subjects=np.repeat(
            [clip.subject for clip in clips["train"]], [len(clip.pose) for clip in clips["train"]]
        ),
        validation=np.concatenate([clip.pose for clip in clips["val"]]),
    )
