"""Fits of a robustness study: one method's, under all conditions.

Every fit is saved when it ends; a job run again resumes after the last.
"""

import dataclasses
import functools
import time

import numpy as np
import tensorflow as tf

from hps_tf.body import load_small
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting import Fitter, Weights
from hps_tf.metrics.joint_error import mpjpe, pa_mpjpe
from tools.reproduce import prior_variables, robust_conditions, rows, weight_choice
from tools.reproduce.robust_conditions import CONDITIONS, Condition
from tools.reproduce.robust_study import RobustStudy
from tools.reproduce.rows import Row

_SMALLEST_FIRST_WEIGHT = 0.01
_FACTOR = 3.0
"""Over the rule for the likelihood of 17 keypoints: where the best weights of most priors lie."""

_LEAST_SEEN_SHARE = 0.6
"""Of the keypoints, where the rule for the first weight assumes limbs or half the body hidden."""

_DETECTORS_NOISE = 4.0
"""Pixels that the rule for the first weight assumes."""

Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Job:
    """A method's fits.

    Attributes:
      study: The inputs.
      row: The prior, its rotations and its space.
    """

    study: RobustStudy
    row: Row


def run(job: Job) -> None:
    """Does the unfinished fits of a job."""
    # Jobs run side by side: threads of their own would stand in each other's way.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    work = _Work(job)
    for condition in CONDITIONS:
        for seed in job.study.seeds(job.row):
            work.fit_test_people(condition, seed)


class _Work:
    """A job with all it has at hand, loaded and compiled when first needed."""

    def __init__(self, job: Job):
        self._row = job.row
        self._study = job.study
        self._priors = job.study.trained_priors()
        self._checkpoints = job.study.checkpoints()
        self._body = load_small()
        self._people = functools.cache(lambda split: job.study.people(split, self._body))
        self._choose_weight = functools.cache(self._choose_weight_anew)
        self._fitter_with = functools.cache(self._make_fitter)
        self._fitter: Fitter | None = None

    def fit_test_people(self, condition: Condition, seed: int) -> None:
        """Fits the test people, with the weight that is best for validation people."""
        name = self._study.part_name(self._row, condition, seed)
        if not self._checkpoints.is_done(name):
            self._fit(name, "test", condition, seed, self._choose_weight(condition))

    def _choose_weight_anew(self, condition: Condition) -> float:
        if self._row.prior == rows.NO_PRIOR:
            return 0.0
        first_seed = self._study.seeds(self._row)[0]

        def error(weight: float) -> float:
            name = f"val-{self._row.key}-{condition.key}-{weight:g}"
            return float(self._fit(name, "val", condition, first_seed, weight)["mpjpe"].mean())

        return weight_choice.climb(error, first_weight(condition))[0]

    def _fit(self, name: str, split: str, condition: Condition, seed: int, weight: float) -> Arrays:
        """Fits the people of a split and saves it, or reads what was saved."""
        basis = {"prior": self._priors.digest(self._row.family, seed), "weight": f"{weight:g}"}
        done = self._checkpoints.load_if_done(name, basis)
        if done is not None:
            return done
        people = self._people(split)
        evidence = robust_conditions.see(people, self._body, condition)
        weights = Weights(prior=weight, shape=weight or first_weight(condition))
        begin = time.process_time()
        found = self._fitter_with(seed).fit(evidence, weights)
        seconds = time.process_time() - begin
        arrays = {
            **errors(found.joints_3d, people),
            "pose": found.pose,
            "weight": np.array(weight),
            "cpu_seconds": np.array(seconds),
        }
        self._checkpoints.save(name, basis, arrays)
        return arrays

    def _make_fitter(self, seed: int) -> Fitter:
        variables = prior_variables.make(self._row, seed, self._priors)
        if self._fitter is None:
            self._fitter = Fitter(self._body, variables)
        return self._fitter.with_pose(variables)


def first_weight(condition: Condition) -> float:
    """The rung of the ladder to begin on, by the rule s² / 9 of `hps_tf.fitting.Weights`."""
    seen = (
        1 - condition.missing if condition.kind == robust_conditions.RANDOM else _LEAST_SEEN_SHARE
    )
    is_detector = condition.kind == robust_conditions.DETECTOR
    noise = _DETECTORS_NOISE if is_detector else condition.noise
    wanted = max(_FACTOR * noise**2 / 9 / seen, _SMALLEST_FIRST_WEIGHT)
    return min(weight_choice.LADDER, key=lambda weight: abs(np.log(weight / wanted)))


def errors(joints: np.ndarray, people: People) -> Arrays:
    """Errors `(N,)` of fitted joints `(N, 24, 3)`, pelvises brought together, mm."""
    return {
        "mpjpe": 1000 * np.asarray(mpjpe(joints, people.joints_3d)),
        "pa_mpjpe": 1000 * np.asarray(pa_mpjpe(joints, people.joints_3d.astype(joints.dtype))),
    }
