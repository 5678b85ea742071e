"""Table 2: how much 3D supervision a network needs, without and with weak supervision.

All networks share one that has learnt keypoints and body parts. For 0, 20, 40, 60, 80 and 100 % of
the labelled subjects, the pose module of one trains with their 3D labels. FS continues in the same
way, and FS+WS for as many steps with weak supervision beside it, on the 2D labels of all labelled
and weak images (Zanfir et al. 2020). At 0 %, FS has an untrained pose module: its people stand in
the prior's most likely pose.
All are measured on subjects that no training image shows.

With --labelled and --weak (prepared Human3.6M and COCO, say) it is the paper's experiment; without,
synthetic images of two styles are rendered first. In data without subjects, shares are of images.

With --preset photo keypoints are MoveNet's, which has seen photographs, frozen: the shared network
has learnt body parts alone, and the pose module lifts keypoints. It begins untrained, for that of
the network photo has seen motion capture of the same people. What MoveNet finds in the images is
computed once for all networks.

With --ground_truth_evidence the pose module of all of them sees heatmaps and part maps made of the
labels, so that the errors of the modules before do not limit it. These runs have other names: the
same --output serves, and the results are table2-labels.md and .json.

The default settings take about an hour and a half on two cores. The output holds
table2.md, table2.json, data/, runs/ (directories of trainers.train) and parts/: the same command
resumes after an interruption, with more --seeds it adds them, and finished runs are not repeated.
"""

import argparse
from typing import Any

from ml_collections import ConfigDict
from tqdm import tqdm

from tools.reproduce import (
    image_domains,
    network_arguments,
    network_comparison,
    network_report,
    paper_figures,
)
from tools.reproduce.network_comparison import Claim, Comparison, better
from tools.reproduce.network_study import Errors, NetworkStudy, percent

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FS, FS_WS = "FS", "FS+WS"

_PAPER_DATA = "Human3.6M (H80K)"
_LITTLE, _MORE = (0.0, 0.2), (0.4, 0.6, 0.8)
_METRIC = "mpjpe_mm"
_METRICS = (_METRIC, "mpvpe_mm")


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains, measures, compares and writes the results."""
    study = network_arguments.begin(
        arguments, ground_truth_evidence=arguments.ground_truth_evidence
    )
    comparison = Comparison(_errors(study))
    comparison.require(_METRIC)
    verdicts = test(comparison)
    network_report.write(
        study,
        study.named("table2"),
        {"rows": _json_rows(comparison), "claims": verdicts},
        _report(study, comparison, verdicts),
        json_file=arguments.json,
        report_file=arguments.report,
    )


def row(training: str, share: float) -> str:
    """The name of a row."""
    return f"{training} {percent(share)} %"


def test(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Tests the paper's claims about the table."""
    below_all = SHARES[:-1]
    each = comparison.test(
        [
            better(
                f"ws_better_than_fs/{percent(share)}",
                _METRIC,
                row(FS_WS, share),
                row(FS, share),
            )
            for share in below_all
        ]
    )
    gains = [
        (share, 1.0 / len(shares) if shares is _LITTLE else -1.0 / len(shares))
        for shares in (_LITTLE, _MORE)
        for share in shares
    ]
    terms = {
        row(training, share): weight if training == FS_WS else -weight
        for share, weight in gains
        for training in (FS_WS, FS)
    }
    others = comparison.test(
        [
            Claim("ws_helps_most_at_0_and_20", _METRIC, terms),
            better("ws_better_than_fs/100", _METRIC, row(FS_WS, 1.0), row(FS, 1.0)),
        ]
    )
    return {
        "ws_better_than_fs_below_100": network_comparison.all_of(each),
        "ws_helps_most_at_0_and_20": others.pop("ws_helps_most_at_0_and_20"),
        **each,
        **others,
    }


def _errors(study: NetworkStudy) -> dict[str, list[Errors]]:
    """Trains and measures the unfinished parts."""
    cells = [(training, share) for share in SHARES for training in (FS, FS_WS)]
    study.train(study.maps(seed) for seed in study.seeds)
    study.train(study.base(seed, share) for seed in study.seeds for share in SHARES if share)
    study.train(_run(study, *cell, seed) for seed in study.seeds for cell in cells)
    dataset = image_domains.held_out(study.labelled)
    names = [(row(*cell), _run(study, *cell, seed)[0]) for seed in study.seeds for cell in cells]
    errors: dict[str, list[Errors]] = {row(*cell): [] for cell in cells}
    for name, run in tqdm(names, "measuring", unit="network"):
        errors[name].append(study.measure(run, dataset))
    return errors


def _run(study: NetworkStudy, training: str, share: float, seed: int) -> tuple[str, ConfigDict]:
    return (study.weakly_supervised if training == FS_WS else study.supervised)(seed, share)


def _json_rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "supervised_percent": round(100 * share),
            "training": training,
            **comparison.figures(row(training, share)),
            "paper": dict(zip(_METRICS, _paper(training, share), strict=True)),
        }
        for share in SHARES
        for training in (FS, FS_WS)
    ]


def _paper(training: str, share: float) -> tuple[float, float]:
    return paper_figures.SHARES[training][round(100 * share)]


def _report(
    study: NetworkStudy, comparison: Comparison, verdicts: dict[str, dict[str, Any]]
) -> list[str]:
    rows = [
        [
            f"{percent(share)} %",
            *(
                comparison.text(row(training, share), metric)
                for metric in _METRICS
                for training in (FS, FS_WS)
            ),
            *(
                " / ".join(map(paper_figures.text, _paper(training, share)))
                for training in (FS, FS_WS)
            ),
        ]
        for share in SHARES
    ]
    return [
        network_report.title(study, "Table 2: shares of 3D supervision"),
        "",
        "Mean errors of held-out people in mm with 95 % intervals, lower is better.",
        "",
        *(
            f"- {fact}"
            for fact in network_report.facts(study, comparison, "held-out labelled people")
        ),
        "- At 0 %, FS is a network whose pose module is untrained.",
        f"- The paper's columns are MPJPE / MPVPE. {paper_figures.NOTE.format(data=_PAPER_DATA)}",
        "",
        *network_report.table(
            (
                *("3D labels", "MPJPE, FS", "MPJPE, FS+WS", "MPVPE, FS", "MPVPE, FS+WS"),
                *("paper, FS", "paper, FS+WS"),
            ),
            rows,
        ),
        "",
        *network_report.claims(verdicts),
    ]
