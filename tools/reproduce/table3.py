"""Table 3: fully supervised networks, refined by fitting, weakly supervised, and in video.

FS is a network trained with all 3D labels. FS+OPT are bodies fitted from its predictions to what it
detected itself: its keypoints (KA), or its part maps as well (KA+BA). FS+WS is the network whose
last steps had weak supervision beside; video are fits from either to the keypoints of 4, 8 and 16
frames at once, smoothly (Zanfir et al. 2020; in the paper to part maps as well). All are measured
on subjects that no training image shows: with --mocap without --labelled on rendered videos, else
on the held-out labelled images, where video needs these to be videos.

Networks with a lifting module (preset photo) say how far their bodies may be off, and fits are held
near these: how strongly, and how much part maps count, is chosen on validation people by their
MPJPE, with the first seed's FS.

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
    fit_weights,
    image_domains,
    network_arguments,
    network_report,
    network_study,
    paper_figures,
    refinement_rows,
)
from tools.reproduce.network_comparison import Comparison, better
from tools.reproduce.network_study import Errors, NetworkStudy
from tools.reproduce.refinement_rows import KA, KA_BA, NETWORK

WINDOWS = (4, 8, 16)
FS, FS_WS = "FS", "FS+WS"

_METRIC = "mpjpe_mm"
_METRICS = (_METRIC, "pa_mpjpe_mm", "mpvpe_mm")
_PAPER_DATA = "the test set of 3DPW"
_VIDEO_FRAMES = 32


def _videos(network: str) -> dict[str, str]:
    return {refinement_rows.video(length): f"{network}, video of {length}" for length in WINDOWS}


_NAMES = {
    FS: {NETWORK: FS, KA: "FS+OPT (KA)", KA_BA: "FS+OPT (KA+BA)", **_videos(FS)},
    FS_WS: {NETWORK: FS_WS, **_videos(FS_WS)},
}
"""The table's rows by the network and what `refinement_rows` calls them."""


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains, fits, measures, compares and writes the results."""
    given = _given(arguments)
    study = network_arguments.begin(
        arguments, ground_truth_evidence=arguments.ground_truth_evidence
    )
    networks = given or _trained(study)
    weights = fit_weights.of(study, networks[FS][0])
    comparison = Comparison(_errors(study, _test_images(study), networks, weights))
    comparison.require(_METRIC)
    verdicts = test(comparison)
    network_report.write(
        study,
        study.named("table3"),
        {"rows": _json_rows(comparison), "claims": verdicts, "fit_weights": weights},
        _report(study, comparison, verdicts, given, weights),
        json_file=arguments.json,
        report_file=arguments.report,
    )


def test(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Tests the order of the table's rows, as far as they are there."""
    fitted = _NAMES[FS]
    by_window, ws_by_window = list(_videos(FS).values()), list(_videos(FS_WS).values())
    pairs = {
        "opt_ka_better_than_fs": (fitted[KA], FS),
        "opt_ka_ba_better_than_opt_ka": (fitted[KA_BA], fitted[KA]),
        "ws_better_than_fs": (FS_WS, FS),
        "video_4_better_than_opt_ka": (by_window[0], fitted[KA]),
        "video_8_better_than_4": (by_window[1], by_window[0]),
        "video_16_better_than_8": (by_window[2], by_window[1]),
        "ws_video_4_better_than_ws": (ws_by_window[0], FS_WS),
        "ws_video_8_better_than_4": (ws_by_window[1], ws_by_window[0]),
        "ws_video_16_better_than_8": (ws_by_window[2], ws_by_window[1]),
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
    study: NetworkStudy,
    dataset: ImageDataset,
    networks: Mapping[str, Sequence[Path]],
    weights: Mapping[str, float],
) -> dict[str, list[Errors]]:
    both = {"windows": WINDOWS, **({"weights": dict(weights)} if weights else {})}
    wanted: dict[str, dict[str, Any]] = {
        FS: {"refine": (KA, KA_BA), **both},
        FS_WS: {"refine": (), **both},
    }
    errors: dict[str, list[Errors]] = {}
    jobs = [(name, path) for name, paths in networks.items() for path in paths]
    for name, path in tqdm(jobs, "measuring and fitting", unit="network"):
        found = _measured(study, dataset, path, wanted[name])
        for row, values in found.items():
            errors.setdefault(_NAMES[name][row], []).append(values)
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
    rows = []
    for row in _ordered(comparison):
        paper = paper_figures.METHODS.get(row)
        known = None if paper is None else dict(zip(_METRICS, paper, strict=False))
        rows.append({"method": row, **comparison.figures(row), "paper": known})
    return rows


def _ordered(comparison: Comparison) -> list[str]:
    return [name for name in _all_rows() if name in comparison.rows]


def _all_rows() -> list[str]:
    images = [_NAMES[FS][row] for row in (NETWORK, KA, KA_BA)]
    return [*images, FS_WS, *_videos(FS).values(), *_videos(FS_WS).values()]


def _report(
    study: NetworkStudy,
    comparison: Comparison,
    verdicts: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, Sequence[Path]],
    weights: Mapping[str, float],
) -> list[str]:
    rows = [
        [
            row,
            *(comparison.text(row, metric) for metric in _METRICS),
            *map(paper_figures.text, paper_figures.METHODS.get(row, (None, None))),
        ]
        for row in _ordered(comparison)
    ]
    facts = network_report.facts(study, comparison, "held-out labelled people")
    runs = [f"Networks given: {name} {paths[0].parent.name}." for name, paths in given.items()]
    chosen = ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
    if chosen:
        facts.append(
            f"Fits about the predictions: weights {chosen} (`hps_tf.fitting.Weights`), chosen on"
            " validation people by their MPJPE with the first seed's FS."
        )
    left_out = len(_all_rows()) - len(rows)
    missing = [f"{left_out} rows of fits are left out: the images are no videos."]
    return [
        network_report.title(study, "Table 3: networks, refined, weakly supervised, and in video"),
        "",
        "Mean errors of held-out people in mm with 95 % intervals, lower is better.",
        "",
        *(f"- {fact}" for fact in [*facts, *runs, *(missing if left_out else [])]),
        f"- {paper_figures.NOTE.format(data=_PAPER_DATA)} Its videos are fitted to part maps too.",
        "",
        *network_report.table(
            ("method", "MPJPE", "PA-MPJPE", "MPVPE", "paper, MPJPE", "paper, PA-MPJPE"), rows
        ),
        "",
        *network_report.claims(verdicts),
    ]
