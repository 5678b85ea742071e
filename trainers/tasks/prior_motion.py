"""Samples of a pose prior, written as prepared motion: what trains on recorded poses needs none."""

from pathlib import Path

import numpy as np

from hps_tf.data.mocap import motion_manifest, motion_records
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.synthetic import PriorPeople
from hps_tf.io import atomic_directory
from hps_tf.priors import PosePrior

_FPS = 30.0


def write(directory: Path, prior: PosePrior, num_poses: dict[str, int], seed: int) -> None:
    """Writes the prior's likelier samples, each a frame that has nothing to do with the next.

    Args:
      directory: Where to; it appears whole or not at all.
      prior: The prior.
      num_poses: How many poses each split has.
      seed: Of the samples.
    """
    people = PriorPeople(prior)
    with atomic_directory.replacing(directory) as scratch:
        for split, count in num_poses.items():
            drawn = people.draw(split, 0, count, seed)
            clip = MotionClip(
                name=f"prior_{split}",
                subject=f"prior_{split}",
                split=split,
                fps=_FPS,
                pose=np.concatenate([person.pose for person in drawn]).astype(np.float32),
                translation=np.zeros((count, 3), np.float32),
                source="samples",
                time=np.arange(count, dtype=np.float32) / _FPS,
            )
            motion_records.write_shards(scratch, split, [clip])
        settings = {"seed": seed, "num_poses": num_poses}
        motion_manifest.write(scratch, motion_manifest.build(settings, _FPS, []))
