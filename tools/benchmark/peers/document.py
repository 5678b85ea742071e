"""`docs/comparison.md`, of the figures of a run."""

from collections.abc import Iterator, Mapping
from typing import Any

_FIGURES = {
    "mpjpe_mm": "MPJPE, mm",
    "pa_mpjpe_mm": "PA-MPJPE, mm",
    "mpvpe_mm": "vertices, mm",
}
_SECONDS = "seconds_per_person"

_INTRODUCTION = """# Comparison with other projects

Written by one run of

```sh
pip install '.[bench]' keypoints2body
python -m tools.benchmark peers --data data/mocap --num_people {num_people} \\
    --mediapipe mediapipe/bin/python --report docs/comparison.md
```

`mediapipe/bin/python` is of an environment of its own with `mediapipe==0.10.21`, the last \
release that holds its models; later ones download them. A project that is not installed is left \
out with a warning. The people are {num_people} poses of {num_clips} clips of motion capture \
whose subjects no prior or network of ours has seen, on the embedded body with random shapes; all \
candidates are given the same. Errors are means with 95 % intervals of a bootstrap over clips; \
MPJPE and vertices are measured from the root. Seconds are CPU seconds per person, without \
loading and compiling; {processor}, {versions}.

MPI's SMPLify-X, HMR 2.0, SAM 3D Body and other projects whose weights or body models need a \
registration or a download are not here: the comparison holds what the package registry gives.
"""

_SECTIONS = {
    "keypoints": """## From 2D keypoints

17 COCO keypoints of one image of 256 pixels and its camera; noise is of normal distribution \
along x and y. The fit after SMPLify is our own code after the publication, with the weights of \
SMPLify-X, a mixture of 8 Gaussians fitted to the same motion capture as our prior, two starts \
and one thread (`tools/benchmark/peers/smplify.py`).""",
    "joints": """## From 3D joints

The 24 joints, exact and with noise along each axis. smplfitter is made for meshes: it needs \
vertices, which it is given with the same noise, 6,890 per person; the others see joints alone. \
keypoints2body starts from the mixture's mean and runs with its own settings.""",
    "photographs": """## From photographs

The same people rendered with clothes, light and a background, 512 pixels; both find the person \
and guess the camera. 12 joints, seen from the middle of the hips, which counts as the 13th. \
People whom one of them does not find are left out. Where a joint lies within the body is each \
project's own convention, and our keypoint network has been trained on images of this renderer, \
MediaPipe's has not: photographs would be the fairer test, but none with 3D joints may be used \
here.""",
}


def markdown(figures: Mapping[str, Any]) -> str:
    """Writes the document.

    Args:
      figures: As `tools.benchmark peers --json` writes them.
    """
    machine = figures["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    parts = [
        _INTRODUCTION.format(
            num_people=figures["num_people"],
            num_clips=figures["num_clips"],
            processor=f"{_cores(machine['cores'])} of {machine['processor']}",
            versions=versions,
        ),
        "## Where others are ahead\n\n" + "\n".join(_ahead(figures["comparisons"])),
    ]
    for name, text in _SECTIONS.items():
        conditions = figures["comparisons"].get(name)
        if conditions:
            parts.append(text)
            parts += [_table(condition, rows) for condition, rows in conditions.items()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def _ahead(comparisons: Mapping[str, Any]) -> Iterator[str]:
    """A line for each peer and condition in which it is ahead of our best."""
    none = True
    for section, conditions in comparisons.items():
        for condition, rows in conditions.items():
            for row in rows:
                for figure, by in row.get("ahead", {}).items():
                    none = False
                    yield f"- {row['name']}, {section}, {condition}: {_by(figure, by)}"
    if none:
        yield "In no figure of this run."


def _by(figure: str, by: Mapping[str, Any]) -> str:
    if figure == _SECONDS:
        return f"{by['times']:.1f} times as fast as {by['than']}"
    low, high = by["ci95"]
    quantity, unit = _FIGURES[figure].split(", ")
    return f"{quantity} {-by['difference']:.1f} {unit} [{-high:.1f}, {-low:.1f}] below \
{by['than']}"


def _table(condition: str, rows: list[dict[str, Any]]) -> str:
    names = [name for name in _FIGURES if any(name in row for row in rows)]
    header = [condition, "found", *(_FIGURES[name] for name in names), "CPU s per person"]
    lines = [header, ["---"] * len(header)]
    for row in rows:
        cells = [_cell(row, name) for name in names]
        seconds = f"{row[_SECONDS]:.2g}"
        lines.append([row["name"], str(row["num_found"]), *cells, seconds])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        return "–"
    low, high = row[f"ci95_{name}"]
    return f"{row[name]:.1f} [{low:.1f}, {high:.1f}]"
