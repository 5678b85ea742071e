"""The fits that share compiled programs: the choice of weights, then all rows and seeds.

A job covers the rows of one prior, representation and space: those with keypoints, then those with
part maps, which keep the prior's weight chosen with keypoints and choose the alignment's. Every
fit is saved when it ends; a job run again resumes after the last.
"""

import dataclasses
import functools
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import tensorflow as tf

from hps_tf.body import load_default
from hps_tf.evaluation.held_out_people import IMAGE_SIZE
from hps_tf.fitting.fitter import Fitter
from hps_tf.fitting.pose_variables import PoseVariables
from hps_tf.fitting.weights import Weights
from tools.reproduce import prior_variables, row_errors, rows, weight_choice
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.rows import KA, KA_BA, Row
from tools.reproduce.study import Study
from tools.reproduce.trained_priors import TrainedPriors

FIT_VERTICES = 3000
"""Of the body that is fitted: fewer than the people's."""

_SHAPE_WEIGHT = 0.01
"""Of all rows; the keypoints are exact, and with 0.3 latent fits lose a centimetre."""

_FIRST_WEIGHTS = {"prior": 0.01, "alignment": 0.3}
"""Where the choice begins, rungs of the ladder."""

BODIES = ("pose", "shape", "translation")

Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Job:
    """The rows of one prior, representation and space.

    Attributes:
      study: Their inputs.
      rows: Those with keypoints first; there is a trained prior for each.
    """

    study: Study
    rows: tuple[Row, ...]


def jobs(study: Study, available: Sequence[Row]) -> list[Job]:
    """Groups rows into jobs, those with the most rows first."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in sorted(available, key=lambda row: row.features == KA_BA):
        groups.setdefault((row.prior, row.representation, row.space), []).append(row)
    return [Job(study, tuple(group)) for group in sorted(groups.values(), key=len, reverse=True)]


def seeds(row: Row, priors: TrainedPriors) -> tuple[int, ...]:
    """The seeds that a row is fitted with; rows that do not depend on one have the first."""
    found = priors.seeds(row.family)
    return found if rows.has_seeds(row) else found[:1]


def part_name(row: Row, seed: int) -> str:
    """The file of the fits to the test people."""
    return f"test-{row.key}-s{seed}"


def is_done(job: Job, checkpoints: Checkpoints, priors: TrainedPriors) -> bool:
    """Whether all test people are fitted."""
    return all(
        checkpoints.is_done(part_name(row, seed)) for row in job.rows for seed in seeds(row, priors)
    )


def run(job: Job) -> None:
    """Does the unfinished parts of a job."""
    # Jobs run side by side: threads of their own would stand in each other's way.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    work = _Work(job)
    for row in job.rows:
        for seed in seeds(row, work.priors):
            work.fit_test_people(row, seed)


class _Work:
    """A job with all it has at hand, loaded and compiled when first needed."""

    def __init__(self, job: Job):
        self.priors = job.study.trained_priors()
        self._rows = job.rows
        self._checkpoints = job.study.checkpoints()
        self._body = job.study.body()
        self._people = functools.cache(lambda split: job.study.people(split, self._body))
        self._fitter: tuple[str, Fitter] | None = None
        self._choose_weights = functools.cache(self._choose_weights_anew)

    def fit_test_people(self, row: Row, seed: int) -> None:
        weights, validation_error = self._choose_weights(self._representative(row))
        self._fit(
            part_name(row, seed),
            "test",
            row,
            seed,
            weights,
            {
                "weights": np.array(weights),
                "validation_mpjpe": np.array(validation_error),
            },
        )

    def _representative(self, row: Row) -> Row:
        """The row that chooses the weights for this one: of its method and start, widest data."""
        alike = [
            each for each in self._rows if (each.method, each.start) == (row.method, row.start)
        ]
        return next((each for each in alike if each.data == rows.WIDE), alike[0])

    def _choose_weights_anew(self, row: Row) -> tuple[Weights, float]:
        """Chooses weights by the MPJPE of the validation people, cm."""
        if row.prior == rows.NO_PRIOR:
            weights = Weights(prior=0.0, shape=_SHAPE_WEIGHT)
            return weights, self._validation_error(row, weights, "none")
        if row.features == KA:
            begin, term = Weights(shape=_SHAPE_WEIGHT), "prior"
        else:
            with_keypoints = dataclasses.replace(row, features=KA)
            begin, term = self._choose_weights(with_keypoints)[0], "alignment"
        best, errors = weight_choice.climb(
            lambda weight: self._validation_error(
                row, begin._replace(**{term: weight}), f"{term}{weight:g}"
            ),
            _FIRST_WEIGHTS[term],
        )
        return begin._replace(**{term: best}), errors[best]

    def _validation_error(self, row: Row, weights: Weights, choice: str) -> float:
        seed = seeds(row, self.priors)[0]
        arrays = self._fit(f"val-{row.key}-{choice}", "val", row, seed, weights)
        return float(arrays["mpjpe"].mean())

    def _fit(
        self,
        name: str,
        split: str,
        row: Row,
        seed: int,
        weights: Weights,
        also: Mapping[str, np.ndarray] = MappingProxyType({}),
    ) -> Arrays:
        """Fits the people of a split and saves it, `also` beside it; or reads what was saved."""
        basis = {
            "prior": self.priors.digest(row.family, seed),
            "weights": [str(weight) for weight in weights],
        }
        done = self._checkpoints.load_if_done(name, basis)
        if done is not None:
            return done
        variables = prior_variables.make(row, seed, self.priors)
        people = self._people(split)
        fitter = self._fitter_for(row, variables)
        begin = time.perf_counter()
        candidates = fitter.candidates(people.evidence, weights)
        seconds = time.perf_counter() - begin
        arrays = {
            **row_errors.measure(candidates, people, self._body),
            **{field: getattr(candidates[0], field) for field in BODIES},
            "seconds": np.array(seconds),
            **also,
        }
        self._checkpoints.save(name, basis, arrays)
        return arrays

    def _fitter_for(self, row: Row, variables: PoseVariables) -> Fitter:
        """The fitter of the row's method, with another prior of the same structure in it."""
        if self._fitter is None or self._fitter[0] != row.method:
            fitter = Fitter(
                load_default(FIT_VERTICES),
                variables,
                keypoint_set="smpl24",
                map_size=IMAGE_SIZE if row.features == KA_BA else None,
                solver="lbfgs",  # The paper's, and the same for all of its rows.
            )
            self._fitter = (row.method, fitter)
        return self._fitter[1].with_pose(variables)
