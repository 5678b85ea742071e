"""Fits about a lifting network's predictions, beside the network alone and fits from four starts.

People drawn as those of `table1` are seen by their 17 COCO keypoints: exact, off by 4 pixels
(standard deviation along x and y, in an image 256 pixels large) with one in five missing, and off
by 8 with two in five missing. Errors are of 24 joints seen from the pelvis. The rows:

  network: the lifting network's prediction.
  four starts: fits with a pose prior, the lowest loss of four global rotations; the weight of prior
    and shape is s² / 9 times 17 over the keypoints seen, s their noise, and 0.01 for exact ones.
  one lifted start: the same from the network's prediction.
  pulled: fits about the prediction, weighed by the network's standard deviations.

Intervals and one-sided p-values, that a row is better than four starts, are of a bootstrap over
clips. --expected multiplies the weight that follows from the keypoints' predicted deviations; other
factors are for validation people to choose: --split val --expected 0.5 1 2.
"""

import argparse
import functools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import BodyModel, load_small
from hps_tf.data.mocap import motion_archives
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import People
from hps_tf.evaluation.statistics import Bootstrap, compare, percentile_interval
from hps_tf.fitting import Evidence, Expected, Fitter, Refiner, Weights
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.geometry import camera
from hps_tf.io.atomic_file import replacing
from hps_tf.metrics.joint_error import mpjpe, pa_mpjpe
from hps_tf.models import LiftedPeople, Lifter, load_lifting

NOISE_SEED = 77
EXACT_WEIGHT = 0.01
LEAST_SEEN = 5
"""Keypoints that every person keeps."""

FOUR_STARTS = "four starts"


class Condition(NamedTuple):
    """How keypoints are seen.

    Attributes:
      name: For people.
      noise: Pixels along x and y.
      missing: Share of the keypoints.
    """

    name: str
    noise: float
    missing: float

    @property
    def weights(self) -> Weights:
        """The rule's weights for fits with a prior."""
        if not self.noise:
            return Weights(prior=EXACT_WEIGHT, shape=EXACT_WEIGHT)
        weight = self.noise**2 / 9 / (1 - self.missing)
        return Weights(prior=weight, shape=weight)


CONDITIONS = (
    Condition("exact", 0.0, 0.0),
    Condition("4 px, 20 % missing", 4.0, 0.2),
    Condition("8 px, 40 % missing", 8.0, 0.4),
)


def reproduce(arguments: argparse.Namespace) -> None:
    """Measures all rows and writes pulled.md and pulled.json."""
    if arguments.num_people < 1:
        raise InputError(f"--num_people: expected at least 1, received {arguments.num_people}")
    if min(arguments.expected) < 0:
        raise InputError(f"--expected: expected at least 0, received {min(arguments.expected):g}")
    body = load_small()
    lifter = Lifter(load_lifting(arguments.lifting), body)
    prior = priors.load(arguments.prior, "latent")
    clips = motion_archives.of_split(arguments.data, arguments.split, "--data")
    people = held_out_people.draw(
        clips, arguments.num_people, arguments.seed, body, with_parts=False
    )
    figures = measure(people, lifter, prior, arguments.expected)
    figures |= {"split": arguments.split, "seed": arguments.seed, "prior": arguments.prior}
    report = markdown(figures)
    print(report)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, text in {"pulled.json": json.dumps(figures, indent=2), "pulled.md": report}.items():
        with replacing(arguments.output / name) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def measure(
    people: People, lifter: Lifter, prior: priors.PosePrior, pulls: Sequence[float]
) -> dict[str, Any]:
    """Predicts and fits the people in every condition.

    Args:
      people: The people.
      lifter: The network with its body.
      prior: Of the fits from four starts and from one lifted start.
      pulls: Factors of the weight of the quadratic about the prediction.

    Returns:
      Rows by condition: errors in mm with 95 % intervals and tests, seconds of one processor a
      person, what is compiled or traced included.
    """
    body = lifter.body
    fitter = Fitter(body, LatentPrior(prior), solver="least_squares")
    refiner = Refiner(body)
    bootstrap = Bootstrap(people.clips, {}, seed=0)
    exact = _keypoints(people, body)
    conditions = {}
    for condition in CONDITIONS:
        evidence = _seen(exact, people.evidence.intrinsics, condition)
        ways = _ways(evidence, condition.weights, lifter, fitter, refiner, pulls)
        conditions[condition.name] = _rows(ways, people, bootstrap)
    return {
        "num_people": len(people),
        "num_clips": len(np.unique(people.clips)),
        "conditions": conditions,
    }


def _ways(
    evidence: Evidence,
    weights: Weights,
    lifter: Lifter,
    fitter: Fitter,
    refiner: Refiner,
    pulls: Sequence[float],
) -> dict[str, Callable[[], np.ndarray]]:
    """The method of each row, which finds the joints `(N, 24, 3)`."""

    def lift() -> LiftedPeople:
        seen = evidence.keypoints, evidence.confidence, evidence.intrinsics
        return lifter(*map(tf.constant, seen))

    people, spread = tf.nest.map_structure(lambda part: part.numpy(), lift())
    about = Expected(people.rotation_matrices, people.shape, people.translation, spread)
    start = fitter.bodies_at(*about[:3])

    def pulled(pull: float) -> np.ndarray:
        return refiner.refine(evidence, about, Weights(expected=pull)).joints_3d

    return {
        "network": lambda: lift().people.joints.numpy(),
        FOUR_STARTS: lambda: fitter.fit(evidence, weights).joints_3d,
        "one lifted start": lambda: fitter.refine(evidence, start, weights).joints_3d,
        **{f"pulled, {pull:g}": functools.partial(pulled, pull) for pull in pulls},
    }


def _keypoints(people: People, body: BodyModel) -> np.ndarray:
    """Where the people's COCO keypoints are, `(N, 17, 2)` pixels."""
    points = body.keypoints(
        "coco17",
        rotation_matrices=people.rotation_matrices,
        shape=people.shape,
        translation=people.translation,
    )
    return camera.project(points, people.evidence.intrinsics).numpy()


def _seen(exact: np.ndarray, intrinsics: np.ndarray, condition: Condition) -> Evidence:
    rng = np.random.default_rng(NOISE_SEED)
    keypoints = exact + condition.noise * rng.standard_normal(exact.shape)
    hidden = rng.uniform(size=exact.shape[:2]) < condition.missing
    hidden &= hidden.sum(axis=1, keepdims=True) <= exact.shape[1] - LEAST_SEEN
    return Evidence(keypoints, np.where(hidden, 0.0, 1.0), intrinsics)


def _rows(
    ways: dict[str, Callable[[], np.ndarray]], people: People, bootstrap: Bootstrap
) -> dict[str, dict[str, Any]]:
    """Measures every way of finding joints."""
    rows: dict[str, dict[str, Any]] = {}
    errors, replicates = {}, {}
    for name, find in ways.items():
        began = time.process_time()
        joints = find()
        seconds = time.process_time() - began
        true = people.joints_3d.astype(np.float32)
        errors[name] = 1000 * np.asarray(mpjpe(joints, true))
        aligned = 1000 * np.asarray(pa_mpjpe(joints, true))
        replicates[name] = bootstrap.replicates(errors[name][None], None)
        rows[name] = {
            "mpjpe_mm": float(errors[name].mean()),
            "ci95_mpjpe_mm": list(percentile_interval(replicates[name])),
            "median_mm": float(np.median(errors[name])),
            "pa_mpjpe_mm": float(aligned.mean()),
            "ci95_pa_mpjpe_mm": list(
                percentile_interval(bootstrap.replicates(aligned[None], None))
            ),
            "cpu_seconds_a_person": seconds / len(people),
        }
    for name, row in rows.items():
        if name != FOUR_STARTS:
            mean = row["mpjpe_mm"] - rows[FOUR_STARTS]["mpjpe_mm"]
            difference = compare(replicates[name], replicates[FOUR_STARTS], mean)
            row["beside_four_starts"] = {
                "difference_mm": mean,
                "ci95_mm": list(difference.interval),
                "p": difference.p,
            }
    return rows


def markdown(figures: dict[str, Any]) -> str:
    """Writes the report."""
    lines = [
        f"# Fits about predictions: {figures['num_people']} {figures['split']} people of"
        f" {figures['num_clips']} clips",
        "",
        "Mean errors of 24 joints in mm with 95 % intervals; p: that the row is better than four"
        " starts.",
    ]
    for condition, rows in figures["conditions"].items():
        lines += [
            "",
            f"## {condition}",
            "",
            "| | MPJPE | median | PA-MPJPE | beside four starts | p | CPU s a person |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_line(name, row) for name, row in rows.items()]
    return "\n".join(lines)


def _line(name: str, row: dict[str, Any]) -> str:
    low, high = row["ci95_mpjpe_mm"]
    pa_low, pa_high = row["ci95_pa_mpjpe_mm"]
    cells = [
        name,
        f"{row['mpjpe_mm']:.1f} [{low:.1f}, {high:.1f}]",
        f"{row['median_mm']:.1f}",
        f"{row['pa_mpjpe_mm']:.1f} [{pa_low:.1f}, {pa_high:.1f}]",
        "",
        "",
        f"{row['cpu_seconds_a_person']:.3f}",
    ]
    if "beside_four_starts" in row:
        beside = row["beside_four_starts"]
        low, high = beside["ci95_mm"]
        cells[4] = f"{beside['difference_mm']:+.1f} [{low:+.1f}, {high:+.1f}]"
        cells[5] = f"{beside['p']:.4f}"
    return f"| {' | '.join(cells)} |"
