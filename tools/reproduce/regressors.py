"""HMR, SPIN and VIBE beside the paper's weak supervision, all from keypoints.

The paper's Table 3 compares with their published figures on images. Here all are trained anew on
one evidence: 17 noisy COCO keypoints of people drawn from motion capture, at equal batch size and
number of steps. Of a quarter of the people, who move as a few subjects do, they know pose and
shape; of the others the keypoints alone. The rows:

  hmr: iterative regression against discriminators of joints, pose and shape.
  spin: iterative regression with fits in the loop.
  vibe: a recurrent network of windows of 16 frames against a discriminator of motion; it goes on
    from spin's network, as its authors' does, and so is trained for twice as many steps.
  weak: the lifting network with a flow's density, as the paper trains with few labels.
  full: the lifting network with labels of everybody, which bounds what labels can give.

Test people move in windows of 16 frames before a camera that stands still. Their keypoints are
exact, off by 4 pixels of 256 with one in five missing, or a detector's, whose errors last. Errors
are of 24 joints seen from the pelvis; that of acceleration compares second differences of frames.

The output holds regressors.md, regressors.json, runs/ and parts/: the same command resumes after an
interruption.
"""

import argparse

import numpy as np

from hps_tf.body import BodyModel, load_small
from hps_tf.data.mocap import motion_archives
from hps_tf.evaluation import moving_people
from hps_tf.evaluation.held_out_people import People
from hps_tf.evaluation.statistics import Bootstrap
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.models import Lifter, front_end
from tools.benchmark.report import machine
from tools.reproduce import network_trainings, regressor_report, regressor_study
from tools.reproduce.checkpointing import Checkpoints
from tools.reproduce.regressor_report import Measured
from tools.reproduce.regressor_study import CONDITIONS, METHODS, NUM_FRAMES, Study

_PEOPLE_SEED = 0


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains what is missing, measures all and writes the results."""
    study = Study(
        data=tuple(arguments.data),
        output=arguments.output,
        seeds=tuple(arguments.seeds),
        steps=arguments.steps,
    )
    body = load_small()
    # Wrong data ends here, in one line.
    clips = motion_archives.of_split(study.data, "test", "--data")
    people = moving_people.draw(clips, arguments.num_windows, NUM_FRAMES, _PEOPLE_SEED, body)
    checkpoints = Checkpoints(study.output, study.settings() | {"windows": arguments.num_windows})
    for configs in study.configs():
        network_trainings.train(configs, study.output, arguments.workers)
    measured = [
        each for method in METHODS for each in _measured(study, people, method, body, checkpoints)
    ]
    _write(arguments, study, people, measured)


def _measured(
    study: Study, people: People, method: str, body: BodyModel, checkpoints: Checkpoints
) -> list[Measured]:
    """A method's errors under every condition by seed, read where they are known."""
    by_condition: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in CONDITIONS}
    for seed in study.seeds:
        lifter = Lifter(study.load(method, seed), body)
        basis = {"network": front_end.weights_digest(lifter.network.module)}
        for condition, key in CONDITIONS.items():
            part = f"{study.run(method, seed)}-{key}"
            errors = checkpoints.load_if_done(part, basis)
            if errors is None:
                errors = regressor_study.errors(lifter, people, condition)
                checkpoints.save(part, basis, errors)
            by_condition[condition].append(errors)
    return [Measured.of_seeds(method, *each) for each in by_condition.items()]


def _write(
    arguments: argparse.Namespace, study: Study, people: People, measured: list[Measured]
) -> None:
    bootstrap = Bootstrap(people.clips, {regressor_report.FAMILY: len(study.seeds)}, seed=0)
    facts = [*study.facts(people, machine()), *regressor_report.unmoved(measured)]
    content = {
        "machine": machine(),
        "steps": study.steps,
        "seeds": list(study.seeds),
        "facts": facts,
        "rows": regressor_report.json_rows(measured, bootstrap),
        "claims": regressor_report.claims(measured, bootstrap),
    }
    text = regressor_report.markdown(measured, bootstrap, facts)
    for path in filter(None, (study.output / "regressors.json", arguments.json)):
        write_json(path, content, indent=1)
    for path in filter(None, (study.output / "regressors.md", arguments.report)):
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")
    print(text)
