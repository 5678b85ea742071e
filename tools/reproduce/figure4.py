"""Figure 4: a network gets to know a second image domain that has 2D labels alone.

Pixel error of the projected keypoints and overlap (IoU) of the rendered body's parts, on images of
the weak domain that were not trained on, against training steps (Zanfir et al. 2020). It begins
with FS, a network trained with all 3D labels of the labelled domain, and continues with

* KA: half of each batch are labelled images; on weak images keypoint alignment alone;
* KA+BA: with body-part alignment;
* KA+BA, 50 % and 20 %: of the weak training images;
* WS only, KA+BA: on weak images alone;
* WS only, without FS: the same for a network whose pose module no 3D label has trained.

The lines are of validation images, with the averaged weights of each step; intervals and claims are
of held-out images, with the weights of the lowest validation loss.

With --ground_truth_evidence pose and shape are estimated from heatmaps and part maps made of the
labels; see table2. The results are figure4-labels.md, .json and .png.

The default settings take about 45 minutes on two cores, half of it where a table2's --output
serves. The same command resumes after an interruption.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict
from tqdm import tqdm

from hps_tf.visualization import png
from tools.reproduce import (
    image_domains,
    image_subset,
    line_figure,
    network_arguments,
    network_configs,
    network_report,
)
from tools.reproduce.line_figure import Line, Panel
from tools.reproduce.network_comparison import Comparison, better
from tools.reproduce.network_configs import KA, KA_BA
from tools.reproduce.network_study import Errors, NetworkStudy, percent
from trainers import run_log

METRICS = {"keypoint_error_px": "pixel error", "part_iou": "part IoU"}
START = "FS"

_NUM_POINTS = 8


@dataclasses.dataclass(frozen=True)
class Variant:
    """A way of weak supervision.

    Attributes:
      key: Name of its runs.
      name: For people.
      losses: `KA` or `KA_BA`.
      from_supervised: Whether it begins with FS, or with keypoints and part maps alone.
      with_labelled: Whether labelled images stay in the batches.
      share: Of the weak training images.
    """

    key: str
    name: str
    losses: str = KA_BA
    from_supervised: bool = True
    with_labelled: bool = True
    share: float = 1.0


VARIANTS = (
    Variant("ka", "KA", losses=KA),
    Variant("kaba", "KA+BA"),
    Variant("kaba-50", "KA+BA, 50 %", share=0.5),
    Variant("kaba-20", "KA+BA, 20 %", share=0.2),
    Variant("ws", "WS only, KA+BA", with_labelled=False),
    Variant("ws-no-fs", "WS only, without FS", with_labelled=False, from_supervised=False),
)
_BY_KEY = {variant.key: variant.name for variant in VARIANTS}


def reproduce(arguments: argparse.Namespace) -> None:
    """Trains, measures, compares, draws and writes the results."""
    study = network_arguments.begin(
        arguments, ground_truth_evidence=arguments.ground_truth_evidence
    )
    _train(study)
    comparison = Comparison(_errors(study))
    for metric in METRICS:
        comparison.require(metric)
    lines = curves(study)
    verdicts = test(comparison)
    for path in {study.output, *(file.parent for file in [arguments.report] if file)}:
        png.write(path / _picture_name(study), _picture(lines))
    network_report.write(
        study,
        study.named("figure4"),
        {"curves": lines, "rows": _json_rows(comparison), "claims": verdicts},
        _report(study, comparison, verdicts),
        json_file=arguments.json,
        report_file=arguments.report,
    )


def test(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Tests the order of the lines' ends."""
    pairs = {
        "ws_better_than_fs": (_BY_KEY["kaba"], START),
        "ka_ba_better_than_ka": (_BY_KEY["kaba"], _BY_KEY["ka"]),
        "better_from_fs_than_without": (_BY_KEY["ws"], _BY_KEY["ws-no-fs"]),
        "all_weak_images_better_than_50": (_BY_KEY["kaba"], _BY_KEY["kaba-50"]),
        "50_better_than_20": (_BY_KEY["kaba-50"], _BY_KEY["kaba-20"]),
    }
    return comparison.test(
        [
            better(f"{name}/{metric}", metric, *pair)
            for metric in METRICS
            for name, pair in pairs.items()
        ]
    )


def curves(study: NetworkStudy) -> list[dict[str, Any]]:
    """The figures of every validation, means over the seeds.

    Returns:
      For each variant its name, `step`, and the `METRICS` at these.
    """
    found = []
    for variant in VARIANTS:
        logs = [_validations(study.path(_name(study, variant, seed))) for seed in study.seeds]
        entry: dict[str, Any] = {"name": variant.name, "step": [each["step"] for each in logs[0]]}
        for metric in METRICS:
            key = f"validation/weak/{metric}"
            columns = zip(*([each[key] for each in log] for log in logs), strict=True)
            entry[metric] = [sum(column) / len(column) for column in columns]
        found.append(entry)
    return found


def _train(study: NetworkStudy) -> None:
    for share in {variant.share for variant in VARIANTS} - {1.0}:
        image_subset.write(study.weak, _subset(study, share), share)
    study.train(study.maps(seed) for seed in study.seeds)
    study.train(study.base(seed, 1.0) for seed in study.seeds)
    study.train(_run(study, variant, seed) for seed in study.seeds for variant in VARIANTS)


def _run(study: NetworkStudy, variant: Variant, seed: int) -> tuple[str, ConfigDict]:
    start, _ = study.base(seed, 1.0) if variant.from_supervised else study.maps(seed)
    config = network_configs.adapted(
        study.preset,
        study.labelled,
        _subset(study, variant.share),
        study.last_steps,
        seed,
        start=study.network(start),
        from_supervised=variant.from_supervised,
        losses=variant.losses,
        with_labelled=variant.with_labelled,
        num_points=_NUM_POINTS,
    )
    return _name(study, variant, seed), study.with_evidence(config)


def _name(study: NetworkStudy, variant: Variant, seed: int) -> str:
    return study.named(f"figure4-{variant.key}-s{seed}")


def _subset(study: NetworkStudy, share: float) -> Path:
    return study.weak if share == 1 else study.output / "data" / f"weak-{percent(share)}"


def _errors(study: NetworkStudy) -> dict[str, list[Errors]]:
    dataset = image_domains.held_out(study.weak)
    runs = {START: [study.base(seed, 1.0)[0] for seed in study.seeds]}
    runs |= {
        variant.name: [_name(study, variant, seed) for seed in study.seeds] for variant in VARIANTS
    }
    errors: dict[str, list[Errors]] = {name: [] for name in runs}
    jobs = [(name, run) for name, each in runs.items() for run in each]
    for name, run in tqdm(jobs, "measuring", unit="network"):
        errors[name].append(study.measure(run, dataset))
    return errors


def _validations(run: Path) -> list[dict[str, float]]:
    """The records of a run's log that have figures of the weak images."""
    return [
        record
        for record in run_log.records(run)
        if all(f"validation/weak/{metric}" in record for metric in METRICS)
    ]


def _picture_name(study: NetworkStudy) -> str:
    return f"{study.named('figure4')}.png"


def _picture(lines: Sequence[Mapping[str, Any]]):
    panels = [
        Panel(
            f"{title}, weak images",
            [Line(each["name"], each["step"], each[metric]) for each in lines],
        )
        for metric, title in METRICS.items()
    ]
    return line_figure.draw(panels, "training steps")


def _json_rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [{"method": row, **comparison.figures(row)} for row in comparison.rows]


def _report(
    study: NetworkStudy,
    comparison: Comparison,
    verdicts: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    last_part = (
        f"from there half as many steps of {network_configs.batch_size(study.preset)} images, half"
        " of them of either domain where labelled images stay"
    )
    facts = network_report.facts(study, comparison, "held-out weak people", last_part)
    facts.append("The lines are means over the seeds; pixels are of the network's input.")
    rows = [[row, *(comparison.text(row, metric) for metric in METRICS)] for row in comparison.rows]
    return [
        network_report.title(study, "Figure 4: weak supervision on a second image domain"),
        "",
        f"![Pixel error and part IoU against training steps]({_picture_name(study)})",
        "",
        *(f"- {fact}" for fact in facts),
        "",
        "## At the end",
        "",
        "Held-out people, with 95 % intervals; of pixel errors less is better, of IoU more.",
        "",
        *network_report.table(("weak supervision", *METRICS.values()), rows),
        "",
        *network_report.claims(verdicts),
    ]
