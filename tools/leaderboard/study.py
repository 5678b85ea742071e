"""The computation of the leaderboard, in parts from which it resumes."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hps_tf.body import load_small
from hps_tf.data.mocap import motion_archives
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.evaluation import prior_samples
from hps_tf.fitting.joint_recovery import JointRecovery
from tools.leaderboard import entries, measures, report
from tools.leaderboard.entries import Entry
from tools.leaderboard.measures import TASKS
from tools.reproduce.checkpointing import Checkpoints

#: Pose spaces by the names of their rows of training poses, with an entry of that space.
RECORDED = {"6D": "gaussian-6d", "AA": "gaussian-aa"}

_QUALITY, _POSES = "quality", "poses"


@dataclasses.dataclass(frozen=True)
class Study:
    """The inputs, and the place of the results.

    Attributes:
      data: Directories of prepared motion.
      priors: Directory of training runs, or None.
      output: Directory of the results.
      num_poses: Test poses for the tasks.
      num_samples: Samples, and test poses to compare them with.
      num_hypotheses: Completions of a pose.
      seed: Of noise and draws.
    """

    data: tuple[Path, ...]
    priors: Path | None
    output: Path
    num_poses: int
    num_samples: int
    num_hypotheses: int
    seed: int

    def settings(self) -> dict[str, Any]:
        """What all parts depend on."""
        return {
            "data": [path.resolve().name for path in self.data],
            "num_poses": self.num_poses,
            "num_samples": self.num_samples,
            "num_hypotheses": self.num_hypotheses,
            "seed": self.seed,
        }


def run(study: Study) -> None:
    """Measures what is not measured yet, and writes the results.

    Raises:
      InputError: If there is no test split, or a prior is damaged.
    """
    rows, missing = entries.gather(study.priors)
    checkpoints = Checkpoints(study.output, study.settings())
    poses = _Poses(study, checkpoints)
    with tqdm(total=len(rows) * (1 + len(TASKS)), desc="measuring", unit="part") as bar:
        for entry in rows:
            _measure(entry, study, checkpoints, poses, bar)
    for code, key in RECORDED.items():
        entry = next(each for each in rows if each.key == key)
        _measure_recorded(code, entry, study, checkpoints, poses)
    results = [
        report.Result(
            entry,
            {name: float(value) for name, value in checkpoints.load(_part(entry)).items()},
            {task: checkpoints.load(_part(entry, task)) for task in TASKS},
        )
        for entry in rows
    ]
    recorded = {
        code: {name: float(value) for name, value in checkpoints.load(f"recorded-{code}").items()}
        for code in RECORDED
    }
    counts = {"num_poses": len(poses.chosen), "num_samples": len(poses.held_out)}
    settings = {**study.settings(), **counts}
    report.write(study.output, settings, missing, results, recorded, poses.clips)


def _measure(
    entry: Entry, study: Study, checkpoints: Checkpoints, poses: "_Poses", bar: tqdm
) -> None:
    basis = {"prior": entry.digest()}
    todo = [
        name
        for name in (_QUALITY, *TASKS)
        if checkpoints.load_if_done(_part(entry, name), basis) is None
    ]
    bar.update(1 + len(TASKS) - len(todo))
    if not todo:
        return
    opened, body = entries.open_entry(entry), load_small()
    recovery = JointRecovery(body, opened.variables)
    for name in todo:
        if name == _QUALITY:
            found = measures.quality(opened, poses.held_out)
        else:
            found = measures.task(
                name, recovery, opened, body, poses.chosen, study.num_hypotheses, study.seed
            )
        checkpoints.save(_part(entry, name), basis, found)
        bar.update(1)


def _measure_recorded(
    code: str, entry: Entry, study: Study, checkpoints: Checkpoints, poses: "_Poses"
) -> None:
    name, basis = f"recorded-{code}", {"prior": entry.digest()}
    if checkpoints.load_if_done(name, basis) is None:
        recorded = poses.training(study.num_samples)
        opened = entries.open_entry(entry)
        found = measures.recorded_quality(opened, poses.held_out, recorded)
        checkpoints.save(name, basis, found)


def _part(entry: Entry, name: str = _QUALITY) -> str:
    return f"{name}-{entry.key}"


class _Poses:
    """The test poses, read from --data the first time and kept as a part.

    Attributes:
      chosen: `(N, 24, 3)` axis-angle, for the tasks.
      clips: `(N,)` their clips.
      held_out: `(M, 24, 3)` to compare samples with.
    """

    def __init__(self, study: Study, checkpoints: Checkpoints):
        self._data = study.data
        found = checkpoints.load_if_done(_POSES, {})
        if found is None:
            found = self._read(study)
            checkpoints.save(_POSES, {}, found)
        self.chosen, self.clips, self.held_out = (
            found[name] for name in ("chosen", "clips", "held_out")
        )

    def training(self, count: int) -> np.ndarray:
        """Reads `(count, 24, 3)` poses of the train split, evenly spaced."""
        return evenly_spaced(_poses_of(self._data, "train")[0], count)

    def _read(self, study: Study) -> dict[str, np.ndarray]:
        poses, clips = _poses_of(self._data, "test")
        rows = evenly_spaced(np.arange(len(poses)), study.num_poses)
        return {
            "chosen": poses[rows],
            "clips": clips[rows],
            "held_out": evenly_spaced(poses, min(study.num_samples, prior_samples.NUM_SAMPLES)),
        }


def _poses_of(data: Sequence[Path], split: str) -> tuple[np.ndarray, np.ndarray]:
    """All poses of a split, `(N, 24, 3)`, and their clips' names `(N,)`."""
    clips = motion_archives.of_split(data, split, "--data")
    names = np.repeat([clip.name for clip in clips], [len(clip.pose) for clip in clips])
    return np.concatenate([clip.pose for clip in clips]), names
