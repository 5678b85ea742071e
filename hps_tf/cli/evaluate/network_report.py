"""The figures of a network as tables, for a terminal and in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from hps_tf.evaluation.network_figures import ACCELERATION, MEANS, Figures

HEADINGS = {
    "mpjpe_mm": "MPJPE, mm",
    "pa_mpjpe_mm": "PA-MPJPE, mm",
    "mpvpe_mm": "MPVPE, mm",
    "keypoint_error_px": "keypoints, px",
    "detection_error_px": "detected, px",
    "part_iou": "part IoU",
    "part_map_iou": "part-map IoU",
    ACCELERATION: "accel., mm/frame²",
}
_NAMES = {"network": "network alone", "ka": "+ OPT (KA)", "ka+ba": "+ OPT (KA+BA)"}

_MAX_ACTIONS = 40
"""Longest table that is printed; one of motion-capture clips would be unreadable."""

_Table = tuple[list[str], list[list[str]]]


def text(figures: Figures) -> str:
    """Returns the tables for a terminal."""
    lines = [_title(figures)]
    for heading, table in _tables(figures).items():
        lines += ["", heading, *_aligned(*table)]
    return "\n".join(lines)


def markdown(figures: Figures) -> str:
    """Returns the tables in Markdown."""
    lines = [_title(figures)]
    for heading, (header, rows) in _tables(figures).items():
        lines += ["", f"{heading}:", "", _piped(header), _piped(["---"] * len(header))]
        lines += [_piped(row) for row in rows]
    return "\n".join(lines) + "\n"


def row_name(name: str) -> str:
    """The name of a row of the figures in tables."""
    return _NAMES.get(name) or name.replace("video-", "+ video, windows of ")


def cell(name: str, value: float | None) -> str:
    """A figure as text; a dash for what could not be measured."""
    if value is None:
        return "–"
    return f"{value:.3f}" if name.endswith("iou") else f"{value:.1f}"


def labelled(figures: Mapping[str, Any]) -> str:
    """The evidence that was made of the labels, to follow a title."""
    names = figures.get("labelled")
    return f", {' and '.join(names)} of the labels" if names else ""


def _title(figures: Figures) -> str:
    return (
        f"{figures['network']} on {figures['data']}, split {figures['split']}:"
        f" {figures['num_images']:,} images{labelled(figures)}"
    )


def _tables(figures: Figures) -> dict[str, _Table]:
    rows = figures["rows"]
    measured = [name for name in (*MEANS, ACCELERATION) if figures.get(name) is not None]
    tables = {
        "Errors (pixels are those of the network's input)": (
            ["", *(HEADINGS[name] for name in measured)],
            [
                [row_name(row), *(cell(name, values.get(name)) for name in measured)]
                for row, values in rows.items()
            ],
        )
    }
    headings = {"per_joint_mm": "MPJPE by joint, mm", "per_action_mm": "MPJPE by action, mm"}
    for field, heading in headings.items():
        if 0 < len(figures[field]) <= _MAX_ACTIONS:
            tables[heading] = (
                ["", *(row_name(row) for row in rows)],
                [
                    [name, *(cell(field, values[field].get(name)) for values in rows.values())]
                    for name in figures[field]
                ],
            )
    return tables


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    table = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            entry.rjust(width) if place else entry.ljust(width)
            for place, (entry, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in table
    ]


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
