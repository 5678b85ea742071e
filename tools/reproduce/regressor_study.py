"""The regressors of a study: how they are trained, and their errors on test people."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hps_tf.data.keypoint_noise import spells
from hps_tf.data.keypoint_noise.detector_noise import FoundKeypoints
from hps_tf.evaluation import keypoint_conditions
from hps_tf.evaluation.held_out_people import People
from hps_tf.io import json_file
from hps_tf.metrics.acceleration import acceleration_error
from hps_tf.metrics.joint_error import mpjpe, pa_mpjpe
from hps_tf.models import Lifter, LiftingNetwork, lifting_file
from trainers.configs import base

NUM_FRAMES = 16

HMR, SPIN, VIBE, WEAK, FULL = "hmr", "spin", "vibe", "weak", "full"
METHODS = {
    HMR: "HMR",
    SPIN: "SPIN",
    VIBE: "VIBE",
    WEAK: "ours, few labels",
    FULL: "ours, all labels",
}
"""Names for people."""

CONDITIONS = {"exact": "exact", "4 px, 20 % missing": "4px-20", "detector": "detector"}
"""Keys of `keypoint_conditions.CONDITIONS`, and their names in those of files."""

_DETECTOR = "detector"
_LASTING = 0.8  # Probability that a keypoint of a frame has a detector's error of the one before.
_SPELL_SEED = (78, 0)
_CONFIGS: dict[str, Callable[[], ConfigDict]] = {
    HMR: base.lifting_hmr,
    SPIN: base.lifting_spin,
    VIBE: base.lifting_vibe,
    WEAK: base.lifting_weak,
    FULL: base.lifting,
}
_WIDTH, _BLOCKS = 256, 2
_NETWORK = "lifting.npz"
_VALIDATION_PEOPLE = 480  # A multiple of a window's frames.
_WARMUP = 0.1


@dataclasses.dataclass(frozen=True)
class Study:
    """What is trained, and where results are kept.

    Attributes:
      data: Directories of prepared motion.
      output: Of runs and results.
      seeds: Of the runs; they choose whose motion has labels, too.
      steps: Of every run.
    """

    data: tuple[Path, ...]
    output: Path
    seeds: tuple[int, ...]
    steps: int

    def run(self, method: str, seed: int) -> str:
        """The name of a run."""
        return f"{method}-s{seed}"

    def settings(self) -> dict[str, Any]:
        """What all results depend on; more seeds may be added later."""
        return {"data": [path.resolve().name for path in self.data], "steps": self.steps}

    def configs(self) -> Iterator[dict[str, ConfigDict]]:
        """Gives configs by run, seed after seed; none needs a run of the same dictionary."""
        for seed in self.seeds:
            yield {
                self.run(method, seed): self._config(method, seed)
                for method in METHODS
                if method != VIBE
            }
            yield {self.run(VIBE, seed): self._config(VIBE, seed)}

    def _config(self, method: str, seed: int) -> ConfigDict:
        config = _CONFIGS[method]()
        config.data.path = ",".join(str(path.resolve()) for path in self.data)
        config.seed = seed
        config.steps = self.steps
        config.network.update({"width": _WIDTH, "blocks": _BLOCKS})
        if method == VIBE:
            config.network.start_from = str(self._directory(SPIN, seed).resolve() / _NETWORK)
        config.validation_people = _VALIDATION_PEOPLE
        config.optimizer.warmup_steps = min(
            config.optimizer.warmup_steps, int(_WARMUP * self.steps)
        )
        config.validate_every = config.checkpoint_every = max(1, self.steps // 4)
        return config

    def load(self, method: str, seed: int) -> LiftingNetwork:
        """Reads the network of a finished run."""
        path = self._directory(method, seed) / _NETWORK
        return lifting_file.read_motion(path) if method == VIBE else lifting_file.read(path)

    def facts(self, people: People, machine: Any) -> list[str]:
        """Lines about how the figures came about."""
        reference = self._config(WEAK, self.seeds[0])
        subjects = reference.labels.subjects
        sizes = ", ".join(
            f"{title} {self._summary(method)['num_parameters']:,}"
            for method, title in METHODS.items()
        )
        return [
            f"Trained on {', '.join(self.settings()['data'])}: {self.steps:,} steps of"
            f" {reference.batch_size} frames; {len(self.seeds)}"
            f" {'seed' if len(self.seeds) == 1 else 'seeds'}. Weights of losses were set once. Some"
            " settings were chosen after a look: the damping, the longest step and the deviations"
            " of SPIN's fits, by how near these come to people of a training batch, and VIBE's"
            " learning rate, since at the others' its validation error grew. Of each run the"
            " weights of the best validation are measured.",
            f"Labels: {100 * reference.labels.share:g} % of a batch, from the motion of {subjects}"
            " subjects that the seed chooses, the same for all methods.",
            f"All have the lifting module's layers, {_BLOCKS} blocks of width {_WIDTH}; parameters"
            f" with the regressor and what is beside it: {sizes}.",
            f"Test people: {len(people) // NUM_FRAMES} windows of {NUM_FRAMES} frames at 30 Hz, of"
            f" {len(np.unique(people.clips))} clips. 4 px: independent by frame; a detector's error"
            f" of a keypoint stays for the next frame with probability {_LASTING:g}.",
            f"VIBE goes on from SPIN's network for {self.steps:,} steps more. It sees as many"
            " frames in a step, but of a sixteenth of the people; its recurrent layers look ahead"
            " in time, too, and joints are not mixed between its poses.",
        ]

    def _directory(self, method: str, seed: int) -> Path:
        return self.output / "runs" / self.run(method, seed)

    def _summary(self, method: str) -> dict[str, Any]:
        path = self._directory(method, self.seeds[0]) / "summary.json"
        return json_file.read(path)


def errors(lifter: Lifter, people: People, condition: str) -> dict[str, np.ndarray]:
    """Measures a network.

    Args:
      lifter: The network with its body.
      people: Windows of `NUM_FRAMES` frames.
      condition: A key of `CONDITIONS`.

    Returns:
      `mpjpe`, `pa_mpjpe` and `acceleration` `(N,)` of N frames, millimetres, and those by frame²;
      the last is a window's mean.
    """
    seen, true = keypoint_conditions.see(people, lifter.body, condition)
    keypoints, confidence = seen.keypoints, seen.confidence
    if condition == _DETECTOR:
        found = FoundKeypoints(
            tf.constant(keypoints, tf.float32), tf.constant(confidence, tf.float32)
        )
        keypoints, confidence = spells.hold(
            found, tf.constant(true, tf.float32), NUM_FRAMES, _LASTING, tf.constant(_SPELL_SEED)
        )
    joints = lifter(keypoints, confidence, seen.intrinsics).people.joints
    target = tf.constant(people.joints_3d, tf.float32)
    windows = [-1, NUM_FRAMES, *target.shape[1:]]
    jitter = acceleration_error(tf.reshape(joints, windows), tf.reshape(target, windows))
    return {
        "mpjpe": 1e3 * mpjpe(joints, target).numpy().astype(np.float64),
        "pa_mpjpe": 1e3 * pa_mpjpe(joints, target).numpy().astype(np.float64),
        "acceleration": 1e3 * np.repeat(jitter.numpy().astype(np.float64), NUM_FRAMES),
    }
