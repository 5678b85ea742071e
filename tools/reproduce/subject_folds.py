"""People in groups of nearly as many frames, and prepared motion that holds one of them out."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hps_tf.data.mocap import motion_manifest, motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.errors import InputError
from hps_tf.io import atomic_directory


def assign(clips: Sequence[MotionClip], num_folds: int) -> dict[str, int]:
    """Puts each person into a fold: the one with the most frames first, into the smallest fold.

    Args:
      clips: Of all people.
      num_folds: How many, at least 3: one is held out, one validates, others are trained on.

    Returns:
      The fold of each person.

    Raises:
      InputError: If there are fewer people than folds.
    """
    frames: dict[str, int] = {}
    for clip in clips:
        frames[clip.subject] = frames.get(clip.subject, 0) + clip.num_frames
    if len(frames) < num_folds:
        raise InputError(
            f"--folds: expected at most as many as the {len(frames)} people, received {num_folds}"
        )
    sizes = [0] * num_folds
    folds = {}
    for subject in sorted(frames, key=lambda name: (-frames[name], name)):
        smallest = int(np.argmin(sizes))
        folds[subject] = smallest
        sizes[smallest] += frames[subject]
    return folds


def split(fold_of: Mapping[str, int], held_out: int, subject: str) -> str:
    """The split of a person where one fold is held out: the next one validates."""
    num_folds = 1 + max(fold_of.values())
    if fold_of[subject] == held_out:
        return "test"
    return "val" if fold_of[subject] == (held_out + 1) % num_folds else "train"


def write(
    directory: Path, clips: Sequence[MotionClip], fold_of: Mapping[str, int], held_out: int
) -> None:
    """Writes clips as prepared motion whose test people are one fold.

    Args:
      directory: Where to; it appears whole or not at all.
      clips: Of all people.
      fold_of: The result of `assign`.
      held_out: The fold.
    """
    by_split: dict[str, list[MotionClip]] = {"train": [], "val": [], "test": []}
    for clip in clips:
        name = split(fold_of, held_out, clip.subject)
        by_split[name].append(dataclasses.replace(clip, split=name))
    with atomic_directory.replacing(directory) as scratch:
        for name, members in by_split.items():
            motion_records.write_shards(scratch, name, members)
        settings = {"held_out": [name for name, fold in fold_of.items() if fold == held_out]}
        motion_manifest.write(scratch, motion_manifest.build(settings, clips[0].fps, []))
