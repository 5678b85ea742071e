"""Do priors gain over simple densities on everybody? People are held out in turn.

All people of the data, whatever their split, are divided into folds of nearly as many frames. For
each fold a prior of every kind is trained by its config on the other people; those of the next fold
validate. It is measured on the people that were held out, beside the Gaussian and the mixture of 8
that are fitted to its training poses: all see one draw of the prior's dequantisation noise.

A gain is the negative log-likelihood of the better of the two, on average over the frames, less
that of the prior, in nats per dimension; on training poses it tells what the prior has learnt, on
others what of that holds for other people. A person's novelty is how far the joints of a pose, seen
from the pelvis, are from those of the nearest training pose or mirror image of one: the root mean
square over joints, on average over poses.

The output holds cross_validation.md, cross_validation.json, a picture, runs/ and parts/: the same
command resumes after an interruption.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict
from scipy.spatial import distance

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.body.mirror import mirror_pose
from hps_tf.data.mocap import motion_archives
from hps_tf.data.mocap.motion import MotionClip
from hps_tf.data.mocap.spaced_poses import evenly_spaced
from hps_tf.errors import InputError
from hps_tf.evaluation.density import Density
from hps_tf.evaluation.prior_figures import NOISE_SEED, REFERENCES
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.metrics import batches, likelihood
from hps_tf.visualization import png
from tools.benchmark.report import machine
from tools.reproduce import cross_validation_report, network_trainings, subject_folds
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.cross_validation_report import Measured
from trainers.configs import prior_6d_light, prior_6d_realnvp, prior_light, prior_realnvp

KINDS = {
    "6d-light": prior_6d_light,
    "6d-realnvp": prior_6d_realnvp,
    "aa-light": prior_light,
    "aa-realnvp": prior_realnvp,
}

_PICTURE = "cross_validation.png"
_NUM_NOVEL = 200  # Poses of a person, at most.
_NUM_KNOWN = 20_000  # Training poses that are looked at, at most.
_TRAINING = ""  # In the place of a person's name.


@dataclasses.dataclass(frozen=True)
class Study:
    """What is trained, and where results are kept.

    Attributes:
      clips: Of all people.
      fold_of: The fold of each person.
      kinds: Keys of `KINDS`.
      output: Of runs and results.
      seed: Of all runs.
      steps: Upper limit of every run; None for that of its config.
      sigma: Of the dequantisation noise; None for that of its config.
    """

    clips: Sequence[MotionClip]
    fold_of: Mapping[str, int]
    kinds: Sequence[str]
    output: Path
    seed: int
    steps: int | None
    sigma: float | None

    @property
    def folds(self) -> range:
        """The numbers of the folds."""
        return range(1 + max(self.fold_of.values()))

    def of(self, split: str, fold: int) -> dict[str, np.ndarray]:
        """The `(N, 24, 3)` poses of each person of a split where a fold is held out."""
        poses: dict[str, list[np.ndarray]] = {}
        for clip in self.clips:
            if subject_folds.split(self.fold_of, fold, clip.subject) == split:
                poses.setdefault(clip.subject, []).append(clip.pose)
        return {subject: np.concatenate(poses[subject]) for subject in sorted(poses)}

    def known(self, fold: int) -> np.ndarray:
        """Some of the poses `(N, 24, 3)` that are trained on where a fold is held out."""
        return evenly_spaced(np.concatenate([*self.of("train", fold).values()]), _NUM_KNOWN)

    def run(self, kind: str, fold: int) -> str:
        """The name of a run."""
        return f"{kind}-fold{fold}"

    def configs(self) -> dict[str, ConfigDict]:
        """What the runs are trained with, by name."""
        return {
            self.run(kind, fold): self._config(kind, fold)
            for fold in self.folds
            for kind in self.kinds
        }

    def _config(self, kind: str, fold: int) -> ConfigDict:
        config = KINDS[kind].get_config()
        config.data.path = str(self.data(fold).resolve())
        config.seed = self.seed
        if self.steps is not None:
            config.steps = self.steps
            config.optimizer.warmup_steps = min(config.optimizer.warmup_steps, self.steps // 10)
        if self.sigma is not None:
            config.prior.sigma = self.sigma
        return config

    def data(self, fold: int) -> Path:
        """The prepared motion that holds a fold out."""
        return self.output / "data" / f"fold{fold}"


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains what is missing, measures all and writes the results."""
    if arguments.sigma is not None and not arguments.sigma > 0:
        raise InputError(f"--sigma: expected a number above 0, received {arguments.sigma}")
    # Wrong data ends here, in one line.
    clips = list(motion_archives.read_clips(arguments.data, "--data"))
    study = Study(
        clips=clips,
        fold_of=subject_folds.assign(clips, arguments.folds),
        kinds=arguments.kinds,
        output=arguments.output,
        seed=arguments.seed,
        steps=arguments.steps,
        sigma=arguments.sigma,
    )
    settings = {
        "data": [path.resolve().name for path in arguments.data],
        "fold_of": study.fold_of,
        "seed": study.seed,
        "steps": study.steps,
        "sigma": study.sigma,
    }
    checkpoints = Checkpoints(study.output, settings)
    for fold in study.folds:
        if not study.data(fold).is_dir():
            subject_folds.write(study.data(fold), clips, study.fold_of, fold)
    network_trainings.train(study.configs(), study.output, arguments.workers)
    novelty = _novelty(study, checkpoints)
    measured = [_measured(study, kind, checkpoints) for kind in study.kinds]
    _write(arguments, settings, measured, novelty)


def _measured(study: Study, kind: str, checkpoints: Checkpoints) -> Measured:
    """Negative log-likelihoods of everybody by the priors that had not seen them."""
    nll: dict[str, dict[str, np.ndarray]] = {}
    of_training: dict[str, list[float]] = {}
    for fold in study.folds:
        run = study.run(kind, fold)
        arrays = checkpoints.load_if_done(run, {})
        if arrays is None:
            poses = {**study.of("test", fold), _TRAINING: study.known(fold)}
            arrays = _likelihoods(study.output / "runs" / run / "prior.npz", poses)
            checkpoints.save(run, {}, arrays)
        for name, rows in arrays.items():
            density, subject = name.split(":")
            if subject == _TRAINING:
                of_training.setdefault(density, []).append(float(rows.mean()))
            else:
                nll.setdefault(density, {})[subject] = rows
    return Measured(kind, study.fold_of, nll, of_training)


def _likelihoods(path: Path, poses: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    prior = priors.load(path)
    densities: dict[str, Density] = {
        "prior": prior,
        **{name: prior.references[name] for name in REFERENCES},
    }
    found = {}
    for subject, rows in poses.items():
        x = batches.apply(prior.space.from_pose, rows)
        noisy = likelihood.dequantised(x, prior.sigma, NOISE_SEED)
        for name, density in densities.items():
            found[f"{name}:{subject}"] = likelihood.nll_per_dim(density.log_prob, noisy)
    return found


def _novelty(study: Study, checkpoints: Checkpoints) -> dict[str, float]:
    """How far each person's poses are from those of the people trained on, metres."""
    found: dict[str, float] = {}
    for fold in study.folds:
        part = f"novelty-fold{fold}"
        arrays = checkpoints.load_if_done(part, {})
        if arrays is None:
            known = study.known(fold)
            places = np.concatenate([_places(known), _places(mirror_pose(known).numpy())])
            arrays = {
                subject: _nearest(_places(evenly_spaced(poses, _NUM_NOVEL)), places)
                for subject, poses in study.of("test", fold).items()
            }
            checkpoints.save(part, {}, arrays)
        found |= {subject: float(each.mean()) for subject, each in arrays.items()}
    return found


def _places(pose: np.ndarray) -> np.ndarray:
    """`(N, 23 * 3)` joints seen from the pelvis, which stands upright, of `(N, 24, 3)` poses."""
    upright = pose.copy()
    upright[:, 0] = 0.0
    body = load_small()
    joints = batches.apply(lambda rows: body.joints(pose=rows), upright)
    return (joints[:, 1:] - joints[:, :1]).reshape(len(pose), -1)


def _nearest(places: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`(N,)` root mean square over joints of the distance to the nearest row."""
    num_joints = places.shape[1] / 3
    return distance.cdist(places, known).min(axis=1) / np.sqrt(num_joints)


def _write(
    arguments: argparse.Namespace,
    settings: Mapping[str, Any],
    measured: Sequence[Measured],
    novelty: Mapping[str, float],
) -> None:
    steps = "as their configs have them" if arguments.steps is None else f"{arguments.steps:,}"
    sigma = "as their configs have it" if arguments.sigma is None else f"{arguments.sigma:g}"
    facts = [
        f"Data: {', '.join(settings['data'])}; {len(novelty)} people in {arguments.folds} folds;"
        f" seed {arguments.seed}; steps at most: {steps}; dequantisation noise σ: {sigma}.",
    ]
    content = {
        "machine": machine(),
        "settings": settings,
        "priors": cross_validation_report.json_rows(measured, novelty),
    }
    text = cross_validation_report.markdown(measured, novelty, facts, _PICTURE)
    for path in filter(None, (arguments.output / "cross_validation.json", arguments.json)):
        write_json(path, content, indent=1)
    for path in filter(None, (arguments.output / "cross_validation.md", arguments.report)):
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")
    picture = cross_validation_report.curves(measured, novelty)
    png.write(arguments.output / _PICTURE, picture)
    if arguments.report:
        png.write(arguments.report.with_name(_PICTURE), picture)
    print(text)
