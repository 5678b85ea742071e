"""Pose priors under noise: bodies fitted to keypoints of every quality.

Test people are those of `table1`, seen by their 17 COCO keypoints: off by 0, 2, 4 or 8 pixels
(standard deviation along x and y, in an image 256 pixels large) with 0, 20 or 40 % missing; with
two whole limbs hidden; with half of the body outside the image; and with the errors of a detector.
They are fitted in latent space under flows, Gaussians and VPoser (least squares) and in ambient
space under GMM-8, HMR's discriminators and no prior (L-BFGS), from four global rotations. The
weight of prior and shape is chosen for each method and condition by the MPJPE of validation people.

--priors holds runs of `trainers.train` as for table1, e.g. flow-wide-6d-s0, light-wide-aa-s2,
vposer-wide-s0; all are trained on all of --data. Without it the pretrained priors serve, with one
seed.

The output holds robustness.md, robustness.json, two pictures and parts/, a file for every finished
fit: the same command resumes after an interruption.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hps_tf.body import load_small
from hps_tf.errors import InputError
from hps_tf.evaluation.held_out_people import People
from hps_tf.geometry import axis_angle
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.visualization import png
from tools.benchmark.report import machine
from tools.reproduce import recorded_poses, robust_fits, robust_report, workers
from tools.reproduce.recorded_poses import RecordedPoses
from tools.reproduce.robust_conditions import CONDITIONS
from tools.reproduce.robust_report import Comparison, Fits
from tools.reproduce.robust_study import RobustStudy
from tools.reproduce.rows import Row

_PICTURES = {"mpjpe": "robustness.png", "distance": "robustness-distance.png"}


def reproduce(arguments: argparse.Namespace) -> None:
    """Fits, compares and writes the results."""
    study = RobustStudy(
        data=tuple(arguments.data),
        priors=arguments.priors,
        output=arguments.output,
        num_images=arguments.num_people,
        seed=arguments.seed,
    )
    methods = study.available()
    if not methods:
        raise InputError(
            f"--priors {study.priors}: expected runs such as flow-wide-6d-s0 with a prior.npz,"
            " received none"
        )
    body = load_small()
    # The jobs draw the same people; wrong data ends here, in one line.
    people = {split: study.people(split, body) for split in ("val", "test")}
    recorded = RecordedPoses(study.training_poses(), body)
    _fit(study, methods, arguments.workers)
    _write(study, methods, people["test"], recorded)


def _fit(study: RobustStudy, methods: Sequence[Row], num_workers: int) -> None:
    checkpoints = study.checkpoints()
    names = {
        row: [
            study.part_name(row, condition, seed)
            for condition in CONDITIONS
            for seed in study.seeds(row)
        ]
        for row in methods
    }
    total = sum(map(len, names.values()))
    with tqdm(total=total, desc="fitting test people", unit="fit", mininterval=5) as bar:

        def show_progress() -> None:
            done = sum(checkpoints.is_done(name) for each in names.values() for name in each)
            bar.update(done - bar.n)

        show_progress()
        bar.initial = bar.n
        todo = [
            robust_fits.Job(study, row)
            for row in methods
            if not all(map(checkpoints.is_done, names[row]))
        ]
        workers.run(robust_fits.run, todo, num_workers, show_progress)


def _write(
    study: RobustStudy, methods: Sequence[Row], people: People, recorded: RecordedPoses
) -> None:
    comparison = Comparison(_collect(study, methods, recorded), people.clips)
    test_poses = axis_angle.from_matrix(tf.constant(people.rotation_matrices)).numpy()
    facts = [
        f"Test people: {study.num_images} from {comparison.num_clips} clips of"
        f" {', '.join(path.resolve().name for path in study.data)}; seed {study.seed}. Weights are"
        f" chosen by {study.num_chosen_by} validation people.",
        f"Trained priors{'' if study.priors else ', the pretrained ones'}: "
        + ", ".join(study.trained_priors().description(row.family) for row in _by_family(methods))
        + ".",
        "The last table judges poses by recordings alone: the distance of a fitted pose's joints,"
        f" by root mean square, to the nearest of {recorded_poses.NUM_POSES:,} poses of training"
        " people, the pelvis and its direction and the body's shape apart. Recorded test poses have"
        " a distance"
        f" of {recorded.distances(test_poses).mean():.1f} mm.",
    ]
    content = {
        "machine": machine(),
        "num_people": study.num_images,
        "seed": study.seed,
        "facts": facts,
        "rows": robust_report.json_rows(comparison),
        "claims": robust_report.claims(comparison),
    }
    write_json(study.output / "robustness.json", content, indent=1)
    text = robust_report.markdown(comparison, facts, _PICTURES)
    with replacing(study.output / "robustness.md") as temporary:
        temporary.write_text(text, "utf-8")
    for metric, name in _PICTURES.items():
        png.write(study.output / name, robust_report.curves(comparison, metric))
    print(text)


def _collect(study: RobustStudy, methods: Sequence[Row], recorded: RecordedPoses) -> list[Fits]:
    checkpoints = study.checkpoints()
    found = []
    for row in methods:
        for condition in CONDITIONS:
            parts = [
                checkpoints.load(study.part_name(row, condition, seed)) for seed in study.seeds(row)
            ]
            errors = {
                name: np.stack([part[name] for part in parts]) for name in ("mpjpe", "pa_mpjpe")
            }
            errors["distance"] = np.stack([recorded.distances(part["pose"]) for part in parts])
            seconds = float(np.mean([part["cpu_seconds"] for part in parts])) / study.num_images
            found.append(Fits(row, condition, errors, float(parts[0]["weight"]), seconds))
    return found


def _by_family(methods: Sequence[Row]) -> list[Row]:
    return list({row.family: row for row in methods}.values())
