"""Table 1: bodies fitted to 2D evidence under different pose priors (Zanfir et al. 2020).

Test people are recorded poses of unseen subjects on the embedded body, with random shapes, before a
perspective camera at random yaw and moderate pitch; the evidence is their 24 joints (KA) and, for
KA+BA, the map of their body parts, 256 pixels square. Weights are chosen on validation people.

--priors holds a run of `trainers.train` for each kind of prior, data and seed, e.g.
flow-wide-6d-s0, flow-same-aa-s2, vposer-wide-s0, hmr-wide-s1; "wide" are trained on all of --data,
"same" on its first directory. Rows without a run are left out. With --train_priors, runs that are
missing are trained first. Without --priors the pretrained priors serve, with one seed.

The output holds table1.md, table1.json, table1.png and parts/, a file for every finished fit: the
same command resumes after an interruption, and with more runs in --priors adds their rows.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hps_tf.body import BodyModel
from hps_tf.errors import InputError
from hps_tf.evaluation.held_out_people import LARGEST_PITCH, NUM_SHAPE, People
from hps_tf.evaluation.statistics import Bootstrap
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from hps_tf.visualization import png
from tools.benchmark.report import machine
from tools.reproduce import claims, figure, fit_job, report, rows, trained_priors, workers
from tools.reproduce.collected import CollectedRow, collect
from tools.reproduce.figure import Fits
from tools.reproduce.fit_job import FIT_VERTICES
from tools.reproduce.row_errors import RowErrors
from tools.reproduce.rows import ROWS, Row
from tools.reproduce.study import BODY_VERTICES, Study

_FIGURE = "table1.png"
_GUIDE = "flow-wide-6d-latent-ka-mode"
_SHOWN = {
    "gmm8-wide-aa-ambient-ka-zero": "GMM-8, zero",
    "flow-wide-6d-ambient-ka-zero": "flow 6D ambient, zero",
    _GUIDE: "flow 6D latent",
    "flow-wide-6d-latent-kaba-mode": "flow 6D latent, KA+BA",
}
_BOOTSTRAP_SEED = 0


def reproduce(arguments: argparse.Namespace) -> None:
    """Fits, compares and writes the results."""
    if arguments.json and not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    study = Study(
        data=tuple(arguments.data),
        priors=arguments.priors,
        output=arguments.output,
        num_images=arguments.num_images,
        seed=arguments.seed,
    )
    if arguments.train_priors:
        _train_missing(arguments)
    available = _available(study)
    body = study.body()
    # The jobs draw the same people; wrong data ends here, in one line.
    people = {split: study.people(split, body) for split in ("val", "test")}
    _fit(study, available, arguments.workers)
    _write(study, available, people["test"], body, arguments.json)


def _train_missing(arguments: argparse.Namespace) -> None:
    directory = arguments.priors
    if directory is None:
        raise InputError("--train_priors: expected --priors, the directory to keep the runs in")
    directory.mkdir(parents=True, exist_ok=True)
    for family, seed in trained_priors.missing_runs(directory, ROWS):
        trained_priors.train(directory, family, seed, arguments.data, arguments.train_priors)


def _available(study: Study) -> list[Row]:
    """The rows that there are trained priors for."""
    priors = study.trained_priors()
    available = [row for row in ROWS if priors.seeds(row.family)]
    if not available:
        raise InputError(
            f"--priors {study.priors}: expected runs such as flow-wide-6d-s0 with a prior.npz,"
            " received none"
        )
    missing = sorted({row.family for row in ROWS} - {row.family for row in available})
    if missing:
        print(f"no runs of {', '.join(missing)}: their rows are left out")
    return available


def _fit(study: Study, available: Sequence[Row], num_workers: int) -> None:
    """Does all fits that are not done, with progress on the terminal."""
    checkpoints, priors = study.checkpoints(), study.trained_priors()
    names = [
        fit_job.part_name(row, seed) for row in available for seed in fit_job.seeds(row, priors)
    ]
    with tqdm(names, "fitting test people", unit="fit", mininterval=5) as bar:

        def show_progress() -> None:
            num_done = sum(map(checkpoints.is_done, names))
            # Fits to validation people come first: how many, nobody knows before.
            bar.set_postfix({"validation fits": len(checkpoints) - num_done}, refresh=False)
            bar.update(num_done - bar.n)

        show_progress()
        bar.initial = bar.n
        jobs = fit_job.jobs(study, available)
        todo = [job for job in jobs if not fit_job.is_done(job, checkpoints, priors)]
        workers.run(fit_job.run, todo, num_workers, show_progress)


def _write(
    study: Study, available: Sequence[Row], people: People, body: BodyModel, json_file: Path | None
) -> None:
    """Compares the rows and writes report, JSON and figure."""
    collected = {row.key: collect(study, row) for row in available}
    measured = [each.errors for each in collected.values()]
    seeds = {each.row.family: len(each.seeds) for each in measured if rows.has_seeds(each.row)}
    bootstrap = Bootstrap(people.clips, seeds, _BOOTSTRAP_SEED)
    verdicts = claims.test_all(measured, bootstrap)
    facts = _facts(study, people, measured)
    content = {
        "machine": machine(),
        "num_images": len(people),
        "seed": study.seed,
        "facts": facts,
        "rows": report.json_rows(measured, bootstrap),
        "claims": verdicts,
    }
    for path in filter(None, (study.output / "table1.json", json_file)):
        write_json(path, content, indent=1)
    text = report.markdown(measured, bootstrap, verdicts, facts, _FIGURE)
    with replacing(study.output / "table1.md") as temporary:
        temporary.write_text(text, "utf-8")
    png.write(study.output / _FIGURE, _figure(people, collected, body))
    print(text)


def _figure(people: People, collected: dict[str, CollectedRow], body: BodyModel) -> np.ndarray:
    fits = [
        Fits(title, **collected[key].bodies, mpjpe=collected[key].errors.mpjpe[0])
        for key, title in _SHOWN.items()
        if key in collected
    ]
    # The people are chosen by the errors of the method that the paper is about, if it is there.
    guide = collected.get(_GUIDE, next(iter(collected.values())))
    return figure.draw(people, figure.examples(guide.errors.mpjpe[0]), fits, body)


def _facts(study: Study, people: People, measured: Sequence[RowErrors]) -> list[str]:
    """Notes on how the figures came about."""
    clips = np.unique(people.clips)
    subjects = {clip.partition("_")[0] for clip in clips}
    priors = study.trained_priors()
    families = sorted({each.row.family for each in measured})
    runs = ", ".join(priors.description(family) for family in families)
    sources = ", ".join(path.resolve().name for path in study.data)
    return [
        f"Test people: {len(people)} from {len(clips)} clips of {len(subjects)} subjects in"
        f" {sources}; random shapes in {NUM_SHAPE} components, cameras from all sides and up to"
        f" {np.degrees(LARGEST_PITCH):.0f}° up or down; seed {study.seed}.",
        f"Evidence: 24 exact joints, and part maps rendered from {BODY_VERTICES:,} vertices; the"
        f" body that is fitted has {FIT_VERTICES:,}, MPVPE is over {BODY_VERTICES:,}.",
        "MPJPE and MPVPE bring the pelvises together. Four starts, the lowest loss wins; with part"
        " maps the best two of them continue.",
        f"Weights: chosen for each method and start by the MPJPE of {study.num_validation} people"
        " of other subjects.",
        f"Trained priors{'' if study.priors else ', the pretrained ones'}: {runs}.",
        report.bootstrap_fact(len(clips)),
    ]
