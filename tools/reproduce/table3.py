"""Table 3: fully supervised networks, refined by fitting, weakly supervised, and in video.

FS is a network trained with all 3D labels. FS+OPT are bodies fitted from its predictions to what it
detected itself: its keypoints (KA), or its part maps as well (KA+BA); video are such fits to the
keypoints of 4, 8 and 16 frames at once, smoothly. FS+WS is the network whose last steps had weak
supervision beside (Zanfir et al. 2020). All are measured on subjects that no training
image shows: with --mocap without --labelled on rendered videos, else on the held-out labelled
images, where video needs these to be videos.

With the settings of a table2, its --output may serve: the networks with 100 % of the labels are
taken from there. --fs_run and --ws_run take networks that are trained already.

With --ground_truth_evidence keypoints and part maps are those of the labels; see table2. The
results are table3-labels.md and .json.

The default settings take about 40 minutes on two cores, 6 where a table2's --output serves. The
same command resumes after an interruption.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hps_tf.data.images.image_dataset import ImageDataset
from hps_tf.errors import InputError
from tools.reproduce import (
    image_domains,
    network_arguments,
    network_report,
    network_study,
    refinement_rows,
)
from tools.reproduce.network_comparison import Comparison, better
from tools.reproduce.network_study import Errors, NetworkStudy
from tools.reproduce.refinement_rows import KA, KA_BA, NETWORK

WINDOWS = (4, 8, 16)
FS, FS_WS = "FS", "FS+WS"

_METRIC = "mpjpe_mm"
_VIDEO_FRAMES = 32
_NAMES = {
    NETWORK: FS,
    KA: "FS+OPT (KA)",
    KA_BA: "FS+OPT (KA+BA)",
    **{refinement_rows.video(length): f"FS, video of {length}" for length in WINDOWS},
}


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains, fits, measures, compares and writes the results."""
    given = _given(arguments)
    study = network_arguments.begin(
        arguments, ground_truth_evidence=arguments.ground_truth_evidence
    )
    networks = given or _trained(study)
    comparison = Comparison(_errors(study, _test_images(study), networks))
    comparison.require(_METRIC)
    verdicts = test(comparison)
    network_report.write(
        study,
        study.named("table3"),
        {"rows": _json_rows(comparison), "claims": verdicts},
        _report(study, comparison, verdicts, given),
        json_file=arguments.json,
        report_file=arguments.report,
    )


def test(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Tests the order of the table's rows, as far as they are there."""
    by_window = [_NAMES[refinement_rows.video(length)] for length in WINDOWS]
    pairs = {
        "opt_ka_better_than_fs": (_NAMES[KA], FS),
        "opt_ka_ba_better_than_opt_ka": (_NAMES[KA_BA], _NAMES[KA]),
        "ws_better_than_fs": (FS_WS, FS),
        "video_4_better_than_opt_ka": (by_window[0], _NAMES[KA]),
        "video_8_better_than_4": (by_window[1], by_window[0]),
        "video_16_better_than_8": (by_window[2], by_window[1]),
    }
    return comparison.test([better(name, _METRIC, *pair) for name, pair in pairs.items()])


def _given(arguments: argparse.Namespace) -> dict[str, list[Path]]:
    """The networks that the command line names, by `FS` and `FS_WS`; empty if it names none."""
    runs = {FS: arguments.fs_run, FS_WS: arguments.ws_run}
    if not any(runs.values()):
        return {}
    networks = {}
    for option, run in zip(("fs_run", "ws_run"), runs.values(), strict=True):
        if run is None:
            raise InputError("--fs_run, --ws_run: expected both or neither, received one")
        if not (run / "network.npz").is_file():
            raise InputError(f"--{option} {run}: expected a run with a network.npz, received none")
    for name, run in runs.items():
        networks[name] = [run / "network.npz"]
    return networks


def _trained(study: NetworkStudy) -> dict[str, list[Path]]:
    """Trains the missing networks."""
    study.train(study.maps(seed) for seed in study.seeds)
    study.train(study.base(seed, 1.0) for seed in study.seeds)
    runs = {
        FS: [study.supervised(seed, 1.0) for seed in study.seeds],
        FS_WS: [study.weakly_supervised(seed, 1.0) for seed in study.seeds],
    }
    study.train(run for each in runs.values() for run in each)
    return {name: [study.network(run) for run, _ in each] for name, each in runs.items()}


def _test_images(study: NetworkStudy) -> ImageDataset:
    data = study.output / "data"
    if study.synthetic.mocap and study.labelled == data / "labelled":
        directory = image_domains.video(data, study.synthetic, _VIDEO_FRAMES)
        return ImageDataset(directory, "test")
    return image_domains.held_out(study.labelled)


def _errors(
    study: NetworkStudy, dataset: ImageDataset, networks: Mapping[str, Sequence[Path]]
) -> dict[str, list[Errors]]:
    wanted: dict[str, dict[str, Any]] = {
        FS: {"refine": (KA, KA_BA), "windows": WINDOWS},
        FS_WS: {"refine": (), "windows": ()},
    }
    errors: dict[str, list[Errors]] = {}
    jobs = [(name, path) for name, paths in networks.items() for path in paths]
    for name, path in tqdm(jobs, "measuring and fitting", unit="network"):
        found = _measured(study, dataset, path, wanted[name])
        for row, values in found.items():
            errors.setdefault(_NAMES[row] if name == FS else FS_WS, []).append(values)
    return errors


def _measured(
    study: NetworkStudy, dataset: ImageDataset, path: Path, wanted: dict[str, Any]
) -> dict[str, Errors]:
    """The result of `refinement_rows.rows`, computed or saved."""
    checkpoints = study.checkpoints()
    name = study.named(f"{path.parent.name}-fits-on-{dataset.directory.name}")
    basis = {**network_study.basis_of(path, dataset), **wanted}
    arrays = checkpoints.load_if_done(name, basis)
    if arrays is None:
        predictor = network_study.load_predictor(path)
        found = refinement_rows.rows(
            predictor, dataset, ground_truth_evidence=study.ground_truth_evidence, **wanted
        )
        arrays = {
            f"{row}:{field}": values
            for row, each in found.items()
            for field, values in each.items()
        }
        checkpoints.save(name, basis, arrays)
    rows: dict[str, Errors] = {}
    for key, values in arrays.items():
        row, _, field = key.partition(":")
        rows.setdefault(row, {})[field] = values
    return rows


def _json_rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {"method": row, **comparison.figures(row), "paper": None} for row in _ordered(comparison)
    ]


def _ordered(comparison: Comparison) -> list[str]:
    names = [_NAMES[NETWORK], _NAMES[KA], _NAMES[KA_BA], FS_WS]
    names += [_NAMES[refinement_rows.video(length)] for length in WINDOWS]
    return [name for name in names if name in comparison.rows]


def _report(
    study: NetworkStudy,
    comparison: Comparison,
    verdicts: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, Sequence[Path]],
) -> list[str]:
    rows = [
        [row, *(comparison.text(row, m) for m in (_METRIC, "pa_mpjpe_mm", "mpvpe_mm"))]
        for row in _ordered(comparison)
    ]
    facts = network_report.facts(study, comparison, "held-out labelled people")
    runs = [f"Networks given: {name} {paths[0].parent.name}." for name, paths in given.items()]
    left_out = len(_NAMES) + 1 - len(rows)
    missing = [f"{left_out} rows of fits are left out: the images are no videos."]
    return [
        network_report.title(study, "Table 3: networks, refined, weakly supervised, and in video"),
        "",
        "Mean errors of held-out people in mm with 95 % intervals, lower is better.",
        "",
        *(f"- {fact}" for fact in [*facts, *runs, *(missing if left_out else [])]),
        "- The project has no figure of the paper's Table 3 on record; none is shown.",
        "",
        *network_report.table(("method", "MPJPE", "PA-MPJPE", "MPVPE"), rows),
        "",
        *network_report.claims(verdicts),
    ]
