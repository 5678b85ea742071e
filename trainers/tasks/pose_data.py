"""The poses that a prior is trained on, in memory."""

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


def read(paths: Sequence[str]) -> PoseData:
    """Reads the splits "train" and "val" of prepared motion capture.

    Args:
      paths: Directories of `tools.prepare_mocap`. A clip whose name an earlier directory has, in
        whichever split, is not taken again.

    Raises:
      InputError: If a directory is missing, not prepared or damaged, or no split has clips.
    """
    if not any(paths):
        raise InputError(
            "config.data.path: expected a directory of tools.prepare_mocap, or several with commas "
            "between"
        )
    clips: dict[str, list[MotionClip]] = {"train": [], "val": []}
    for clip in motion_archives.read_clips(paths, "config.data.path"):
        if clip.split in clips:
            clips[clip.split].append(clip)
    for split, found in clips.items():
        if not found:
            raise InputError(
                f"config.data.path: {', '.join(paths)} hold no clips of split {split!r}; "
                "prepare them with --splits"
            )
    return PoseData(
        train=np.concatenate([clip.pose for clip in clips["train"]]),
        train_subjects=np.repeat(
            [clip.subject for clip in clips["train"]], [len(clip.pose) for clip in clips["train"]]
        ),
        validation=np.concatenate([clip.pose for clip in clips["val"]]),
    )
