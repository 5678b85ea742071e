"""Bodies from the 2D keypoints of one image: our fits and a fit after SMPLify."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from hps_tf import priors
from hps_tf.body import BodyModel, default_body
from hps_tf.evaluation import keypoint_conditions
from hps_tf.evaluation.held_out_people import IMAGE_SIZE, People
from hps_tf.fitting import Evidence, Fitter, Refiner, Weights
from hps_tf.fitting.pose_variables import LatentPrior
from hps_tf.models import LiftedPeople, Lifter, load_lifting
from hps_tf.reconstruction.reconstructor import expected
from tools.benchmark import pytorch
from tools.benchmark.peers.outcomes import Outcome, Truth, measure
from tools.reproduce.pulled import CONDITIONS

SMPLIFY = "fit after SMPLify (PyTorch)"

_NUM_VERTICES = 3000


def compare(people: People, body: BodyModel, say: Callable[[str], None]) -> dict[str, Any]:
    """Finds the people from their keypoints in all conditions.

    Args:
      people: The people.
      body: Whose bodies they have; those of the fits, too.
      say: Receives progress, one line at a time.

    Returns:
      Rows of `outcomes.measure` by condition.
    """
    lifter = Lifter(load_lifting("photo"), body)
    fitter = Fitter(body, LatentPrior(priors.load("cmu-6d-light", "latent")))
    refiner = Refiner(body)
    truth = Truth(people.joints_3d, people.vertices, people.clips)
    weights = {condition.name: condition.weights for condition in CONDITIONS}
    found = {}
    for condition, fit_weights in weights.items():
        evidence, _ = keypoint_conditions.see(people, body, condition)

        ways = _ways(evidence, fit_weights, lifter, fitter, refiner)
        outcomes = [_timed(name, way, len(people)) for name, way in ways.items()]
        if not pytorch.missing(("torch",)):
            outcomes.append(_by_smplify(evidence))
        found[condition] = measure(outcomes, truth)
        say(f"keypoints, {condition}: done")
    return found


def _ways(
    evidence: Evidence, weights: Weights, lifter: Lifter, fitter: Fitter, refiner: Refiner
) -> dict[str, Callable[[], np.ndarray]]:
    """Our ways to `(N, 24, 3)` joints."""

    def lift() -> LiftedPeople:
        return lifter(*map(tf.constant, (evidence.keypoints, evidence.confidence, cameras)))

    cameras = evidence.intrinsics
    return {
        "hps_tf, lifted": lambda: lift().people.joints.numpy(),
        "hps_tf, fitted about the lifted": lambda: (
            refiner.refine(evidence, expected(lift())).joints_3d
        ),
        "hps_tf, fitted from four starts": lambda: fitter.fit(evidence, weights).joints_3d,
    }


def _timed(name: str, way: Callable[[], np.ndarray], count: int) -> Outcome:
    """The answer of one of our ways, with the time of a second call: the first compiles."""
    way()
    start = time.process_time()
    joints = way()
    return Outcome(name, joints, (time.process_time() - start) / count)


def _by_smplify(evidence: Evidence) -> Outcome:
    from tools.benchmark.peers.smplify import Smplify

    mixture = priors.load("cmu-aa-light").references["gmm8"]
    smplify = Smplify(default_body.read(_NUM_VERTICES), mixture, max(IMAGE_SIZE))
    start = time.process_time()
    joints = np.stack([smplify.fit(evidence, row) for row in range(len(evidence))])
    seconds = (time.process_time() - start) / len(evidence)
    return Outcome(SMPLIFY, joints, seconds, is_peer=True)
