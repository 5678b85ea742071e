"""Standard deviations of joints: do they hold what they promise, and tell wrong bodies from right?

Test people are seen by their 17 COCO keypoints under the conditions of `robustness`. Bodies and the
standard deviations of their joints are those of three methods:

  lifted: the lifting network's, as `hps photo --fast` gives them.
  fitted: fits about the lifted body, as `hps photo` gives them.
  fitted, flow: fits from four starts under a flow, as `hps fit` gives them.

A joint's interval of 50, 80 or 95 % is as large as normal errors that are alike along all axes
would have it. One factor for each method, chosen so that the 80 % interval holds 80 % of the joints
of validation people under all conditions, recalibrates the standard deviations; it is judged on the
test people. A body is wrong if its joints are off by more than 10 cm on average, seen from the
pelvis; the area under the ROC curve is the probability that a wrong body has the larger mean
standard deviation, or the lower log-density under the prior, than a right one.

The output holds calibration.md, calibration.json, a picture and parts/, a file for every finished
part: the same command resumes after an interruption.
"""

import argparse
import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.cli.fitting import solver
from hps_tf.data.mocap import motion_archives
from hps_tf.evaluation import held_out_people
from hps_tf.evaluation.held_out_people import People
from hps_tf.fitting import Evidence, Refiner
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.metrics.joint_error import mpjpe
from hps_tf.models import LiftedPeople, Lifter, front_end, load_lifting
from hps_tf.priors import PosePrior
from hps_tf.reconstruction import reconstructor
from hps_tf.reconstruction.reconstructor import Bodies
from hps_tf.visualization import png
from hps_tf.visualization.prior_viewer import score_scale
from tools.benchmark.report import machine
from tools.reproduce import calibration_report, robust_conditions
from tools.reproduce.calibration_report import FITTED, FLOW, LIFTED, Measured
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.robust_conditions import CONDITIONS, Condition

_PICTURE = "calibration.png"
_SEED_STEP = {"test": 0, "val": 1}

Method = Callable[[Evidence], Bodies]


def reproduce(arguments: argparse.Namespace) -> None:
    """Measures all methods and writes the results."""
    network = load_lifting(arguments.lifting)
    prior = priors.load(arguments.prior, "latent")
    body = load_small()
    people = {
        split: held_out_people.draw(
            motion_archives.of_split(arguments.data, split, "--data"),
            count,
            arguments.seed + _SEED_STEP[split],
            body,
            with_parts=False,
        )
        for split, count in (("test", arguments.num_people), ("val", arguments.num_chosen_by))
    }
    checkpoints = Checkpoints(
        arguments.output,
        {
            "num_people": arguments.num_people,
            "num_chosen_by": arguments.num_chosen_by,
            "seed": arguments.seed,
            "data": [path.resolve().name for path in arguments.data],
            "prior": str(arguments.prior),
        },
    )
    lifter = Lifter(network, body)
    methods = _methods(lifter, str(arguments.prior))
    basis = {"lifting": front_end.weights_digest(network.module)}
    measured = {
        split: [
            _measured(some, split, condition, name, lifter, prior, method, checkpoints, basis)
            for condition in CONDITIONS
            for name, method in methods.items()
        ]
        for split, some in people.items()
    }
    _write(arguments, measured)


def _methods(lifter: Lifter, prior: str) -> dict[str, Method]:
    refiner = Refiner(lifter.body)

    def about(evidence: Evidence) -> LiftedPeople:
        return lifter(evidence.keypoints, evidence.confidence, evidence.intrinsics)

    def lifted(evidence: Evidence) -> Bodies:
        found = about(evidence)
        people = found.people
        return reconstructor.lifted_bodies(
            reconstructor.expected(found), people.joints.numpy(), people.keypoints_2d.numpy()
        )

    def fitted(evidence: Evidence) -> Bodies:
        expected = reconstructor.expected(about(evidence))
        return reconstructor.fitted_bodies(refiner.refine(evidence, expected))

    def fitted_flow(evidence: Evidence) -> Bodies:
        model = solver.load_model(None, prior)
        result = solver.fit_images(evidence, model, lambda done, total: None)
        return reconstructor.fitted_bodies(result)

    return {LIFTED: lifted, FITTED: fitted, FLOW: fitted_flow}


def _measured(
    people: People,
    split: str,
    condition: Condition,
    name: str,
    lifter: Lifter,
    prior: PosePrior,
    method: Method,
    checkpoints: Checkpoints,
    basis: Mapping[str, Any],
) -> Measured:
    """A method's errors and deviations, read where they are known."""
    part = f"{split}-{name.replace(', ', '-')}-{condition.key}"
    arrays = checkpoints.load_if_done(part, basis)
    if arrays is None:
        began = time.process_time()
        evidence = robust_conditions.see(people, lifter.body, condition)
        bodies = method(evidence)
        seconds = (time.process_time() - began) / len(people)
        true = people.joints_3d
        joints = bodies.joints_3d
        off = (joints - joints[:, :1]) - (true - true[:, :1])
        arrays = {
            "distance": np.linalg.norm(off, axis=2)[:, 1:],
            "std": bodies.joint_std[:, 1:],
            "mpjpe": np.asarray(mpjpe(joints, true.astype(np.float32))),
            "score": score_scale.score(prior, prior.space.from_pose(bodies.pose)),
            "cpu_seconds": np.array(seconds),
        }
        checkpoints.save(part, basis, arrays)
        print(f"{split} people, {condition.name}, {name}: {seconds:.2f} s of a processor a person")
    return Measured(name, condition, **arrays)


def _write(arguments: argparse.Namespace, measured: Mapping[str, list[Measured]]) -> None:
    rows = calibration_report.rows(measured["test"], measured["val"])
    facts = [
        f"Test people: {arguments.num_people} of"
        f" {', '.join(path.resolve().name for path in arguments.data)}; seed {arguments.seed}."
        f" Factors are chosen by {arguments.num_chosen_by} validation people.",
        f"Lifting network: {arguments.lifting}; prior: {arguments.prior}.",
    ]
    content = {
        "machine": machine(),
        "num_people": arguments.num_people,
        "seed": arguments.seed,
        "facts": facts,
        "rows": [dataclasses.asdict(row) for row in rows],
    }
    write_json(arguments.output / "calibration.json", content, indent=1)
    text = calibration_report.markdown(rows, facts, _PICTURE)
    with replacing(arguments.output / "calibration.md") as temporary:
        temporary.write_text(text, "utf-8")
    png.write(arguments.output / _PICTURE, calibration_report.curves(measured["test"]))
    print(text)
