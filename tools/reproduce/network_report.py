"""Tables of networks as Markdown and JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hps_tf.data.images import image_manifest
from hps_tf.evaluation.statistics import NUM_REPLICATES
from hps_tf.io.atomic_file import replacing
from hps_tf.io.json_file import write as write_json
from tools.benchmark.report import machine
from tools.reproduce import network_configs
from tools.reproduce.network_comparison import Comparison
from tools.reproduce.network_study import NetworkStudy


def title(study: NetworkStudy, text: str) -> str:
    """The line of the report's title."""
    return f"# {text}{', with labelled evidence' if study.ground_truth_evidence else ''}"


def facts(
    study: NetworkStudy, comparison: Comparison, measured_on: str, last_part: str = ""
) -> list[str]:
    """Notes on how figures came about.

    Args:
      study: The trainings.
      comparison: The measurements.
      measured_on: The split, e.g. "held-out labelled images".
      last_part: How networks continue from the base run, if not as FS and FS+WS.
    """
    count = network_configs.batch_size(study.preset)
    last_part = last_part or (
        f"from there half as many of each kind, of {count} images with 3D labels, FS+WS with"
        f" {count} with 2D labels beside, half of them of either domain"
    )
    labels_only = (
        "The pose module sees heatmaps and part maps made of the labels, not those found in the"
        " image, in training and where it is measured: what it would do if these were flawless."
    )
    return [
        *([labels_only] if study.ground_truth_evidence else []),
        f"Labelled domain: {_described(study.labelled)}.",
        f"Weak domain: {_described(study.weak)}.",
        f"Networks: preset {study.preset}; {study.maps_steps:,} steps of {_maps(study)}"
        f" from the 2D labels of both domains; then of pose and shape alone {study.steps:,} steps"
        f" with 3D labels; {last_part}. Of each run the weights with the lowest validation loss.",
        f"Measured on {comparison.num_people:,} {measured_on}. MPJPE is of 17 joints, MPVPE of all"
        " vertices, the pelvis fixed; millimetres.",
        f"Intervals: {NUM_REPLICATES:,} bootstrap replicates that draw the {comparison.num_groups}"
        f" groups of people (a subject's action; an image where neither is known) and the"
        f" {comparison.num_seeds} {'seed' if comparison.num_seeds == 1 else 'seeds'}, the same for"
        f" all rows{'; how seeds differ is not in them' if comparison.num_seeds == 1 else ''}.",
    ]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    return [
        f"| {' | '.join(columns)} |",
        "|" + "---|" * len(columns),
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def claims(verdicts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines of the report's section on claims."""
    rows = [
        [
            name,
            "yes" if verdict["holds"] else "**no**",
            f"{verdict['p']:.4f}",
            _difference(verdict),
            verdict["detail"],
        ]
        for name, verdict in verdicts.items()
    ]
    return [
        "## Claims",
        "",
        "One-sided, from the same bootstrap; a claim holds at p < 0.05.",
        "",
        *table(("claim", "holds", "p", "difference", "detail"), rows),
        "",
    ]


def write(
    study: NetworkStudy,
    name: str,
    content: Mapping[str, Any],
    lines: Sequence[str],
    *,
    json_file: Path | None,
    report_file: Path | None,
) -> None:
    """Writes NAME.json and NAME.md to the output and where else they are wanted; prints them.

    Args:
      study: The trainings.
      name: Of the table.
      content: For JSON, beside what is known of machine and settings.
      lines: The report's lines.
      json_file: Another place for the JSON.
      report_file: Another place for the report.
    """
    whole = {
        "machine": machine(),
        "preset": study.preset,
        "maps_steps": study.maps_steps,
        "steps": study.steps,
        "seeds": list(study.seeds),
        **content,
    }
    for path in filter(None, (study.output / f"{name}.json", json_file)):
        write_json(path, whole, indent=1)
    text = "\n".join(lines)
    for path in filter(None, (study.output / f"{name}.md", report_file)):
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")
    print(text)


def _maps(study: NetworkStudy) -> str:
    """What the maps run learns."""
    if not network_configs.has_front(study.preset):
        return "keypoints and part maps"
    return (
        f"part maps, in {network_configs.VIEWS} augmented views of each image (keypoints are"
        " MoveNet's, frozen),"
    )


def _described(directory: Path) -> str:
    manifest = image_manifest.read_manifest(directory)
    settings = manifest["settings"]
    source = settings.get("source", directory.name)
    if source == "synthetic":
        poses = settings["poses"]
        source = f"synthetic, style {settings['style']}, poses of " + (
            poses if isinstance(poses, str) else ", ".join(Path(path).name for path in poses)
        )
    counts = ", ".join(
        f"{sums['examples']:,} {split}{_subjects(sums['subjects'])}"
        for split, sums in manifest["splits"].items()
    )
    return f"{source}; images: {counts}"


def _subjects(names: Sequence[str]) -> str:
    known = [name for name in names if name]
    if not known:
        return ""
    return f" ({len(known)} {'subject' if len(known) == 1 else 'subjects'})"


def _difference(verdict: Mapping[str, Any]) -> str:
    if "difference" not in verdict:
        return ""
    low, high = verdict["ci95_difference"]
    return f"{verdict['difference']:+.3g} [{low:+.3g}, {high:+.3g}]"
