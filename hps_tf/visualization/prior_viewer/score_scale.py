"""How plausible a pose is beside many others: its percentile.

A pose's score is -E(x) in nats, the log-density where the prior has one, at the rotations that are
shown. Samples of a density carry its noise; theirs are projected onto rotations first.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hps_tf import priors
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.io import json_file
from hps_tf.priors import PosePrior

PRETRAINED = Path(priors.__file__).parent / "pretrained"
SHIPPED = PRETRAINED / "scores.json"
"""Scales of the pretrained priors; written by `tools.publish_scores`."""

_SAMPLES = 2000
_AT_ONCE = 2000
_QUANTILES = np.linspace(0, 1, 101)


@dataclasses.dataclass(frozen=True, eq=False)
class ScoreScale:
    """The scores of many poses.

    Attributes:
      quantiles: `(101,)` nats: the lowest score, that of each percentile, the highest.
      poses: What the poses are, to end a sentence, e.g. "of 2,000 samples of the prior".
    """

    quantiles: np.ndarray
    poses: str

    def percentile(self, score: float) -> float:
        """The share of the poses, in percent, that are less plausible than the score says."""
        return 100 * float(np.interp(score, self.quantiles, _QUANTILES, left=0.0, right=1.0))


def score(prior: PosePrior, vectors: Any) -> np.ndarray:
    """Scores `(N, D)` vectors of the prior's pose space: `(N,)` nats, higher is more plausible."""
    return -prior.energy(prior.space.project(vectors)).numpy()


def of_samples(prior: PosePrior, seed: int = 0) -> ScoreScale:
    """The scale of the prior's own samples.

    Args:
      prior: With samples.
      seed: Of the samples.
    """
    scores = score(prior, prior.sample(_SAMPLES, seed))
    return ScoreScale(np.quantile(scores, _QUANTILES), f"of {_SAMPLES:,} samples of the prior")


def of_motion(prior: PosePrior, clips: Iterable[MotionClip], name: str) -> ScoreScale:
    """The scale of motion capture.

    Args:
      prior: Any.
      clips: The motion; each frame counts once.
      name: What to call it.
    """
    pose = np.concatenate([clip.pose for clip in clips])
    scores = np.concatenate(
        [
            score(prior, prior.space.from_pose(_padded(pose[start : start + _AT_ONCE])))
            for start in range(0, len(pose), _AT_ONCE)
        ]
    )[: len(pose)]
    return ScoreScale(np.quantile(scores, _QUANTILES), f"of {len(pose):,} poses of {name}")


def shipped(name: str) -> ScoreScale | None:
    """The scale that comes with a pretrained prior; None if there is none of its weights.

    Args:
      name: A name of `hps_tf.priors.list_pretrained`.
    """
    entry = json.loads(SHIPPED.read_text("utf-8")).get(name)
    if entry is None or entry["sha256"] != digest(PRETRAINED / f"{name}.npz"):
        return None
    return ScoreScale(np.array(entry["quantiles"]), entry["poses"])


def publish(scales: dict[str, ScoreScale], path: Path = SHIPPED) -> None:
    """Writes scales of pretrained priors beside the digests of these priors' files.

    Args:
      scales: By the priors' names.
      path: The file.
    """
    entries = {
        name: {
            "sha256": digest(PRETRAINED / f"{name}.npz"),
            "poses": scale.poses,
            "quantiles": [round(float(value), 3) for value in scale.quantiles],
        }
        for name, scale in scales.items()
    }
    json_file.write(path, entries, indent=1)


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _padded(pose: np.ndarray) -> np.ndarray:
    """Repeats the last pose of a short batch: every size of batch is compiled anew."""
    missing = _AT_ONCE - len(pose)
    return np.concatenate([pose, np.repeat(pose[-1:], missing, axis=0)])
