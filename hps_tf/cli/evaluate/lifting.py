"""Measures a lifting network on people whose motion was recorded and who were not trained on.

Their poses are those of prepared motion capture, as many of every clip, their shapes, places and
cameras those of ``tools.reproduce``; they are lifted from 17 COCO keypoints: exact, with normal
noise and some missing, and with the errors of detectors, which is what networks are trained on.
MPJPE and PA-MPJPE of 24 joints in mm, the pelvis fixed, with 95 % intervals by a bootstrap over
clips; and how often errors are within one predicted standard deviation (.683 would be right).
"""

import argparse
import json
from pathlib import Path

from hps_tf.body import load_default
from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.evaluation import held_out_people, lifting_figures
from hps_tf.evaluation.lifting_figures import METRICS, SPREADS, Figures
from hps_tf.io.atomic_file import replacing
from hps_tf.models import Lifter, load_lifting

_HEADINGS = {"mpjpe_mm": "MPJPE, mm", "pa_mpjpe_mm": "PA-MPJPE, mm"}


def add_parser(subparsers) -> None:
    """Adds the command `lifting`."""
    parser = subparsers.add_parser(
        "lifting",
        help="errors of people lifted from keypoints",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--lifting",
        required=True,
        metavar="NAME|FILE",
        help="a pretrained network with a lifting module, or a training run's lifting.npz",
    )
    add(
        "--data",
        type=command.path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="prepared motion (tools.prepare_mocap); a clip named in an earlier DIR is skipped",
    )
    add("--split", default="test", help="(default %(default)s)")
    add("--people", type=int, default=300, metavar="N", help="(default %(default)s)")
    add("--json", type=command.path, metavar="FILE", help="figures to write")
    parser.set_defaults(evaluate=evaluate)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the network, prints the tables and writes the file."""
    if arguments.people < 1:
        raise InputError(f"--people: expected at least 1, received {arguments.people}")
    if arguments.json is not None and not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: there is no directory {arguments.json.parent}")
    lifter = Lifter(load_lifting(arguments.lifting), load_default(num_vertices=3000))
    clips = held_out_people.read_clips(arguments.data, arguments.split)
    people = held_out_people.draw(clips, arguments.people, 0, lifter.body, with_parts=False)
    subjects = {clip.name: clip.subject for clip in clips}
    figures = {
        "lifting": Path(arguments.lifting).stem,
        "data": [path.resolve().name for path in arguments.data],
        "split": arguments.split,
        "num_people": len(people),
        "num_clips": len(clips),
        "conditions": lifting_figures.measure(lifter, people, subjects),
    }
    print(text(figures))
    if arguments.json:
        with replacing(arguments.json) as temporary:
            temporary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def text(figures: Figures) -> str:
    """Returns the tables for a terminal."""
    conditions = figures["conditions"]
    subjects = list(next(iter(conditions.values()))["by_subject"])
    width = max(map(len, conditions))
    lines = [
        f"{figures['lifting']} on {', '.join(figures['data'])}, split {figures['split']}:"
        f" {figures['num_people']} people of {figures['num_clips']} clips",
        "",
        f"{'':{width}}" + "".join(f"  {_HEADINGS[name]:>22}" for name in METRICS),
    ]
    for condition, values in conditions.items():
        cells = (_interval(values, name) for name in METRICS)
        lines.append(f"{condition:{width}}" + "".join(f"  {cell:>22}" for cell in cells))
    lines += ["", f"{'MPJPE by subject, mm':{width}}  " + "".join(f"{s:>8}" for s in subjects)]
    for condition, values in conditions.items():
        cells = (f"{values['by_subject'][s]['mpjpe_mm']:8.1f}" for s in subjects)
        lines.append(f"{condition:{width}}  " + "".join(cells))
    lines += ["", "Errors within one predicted standard deviation, %"]
    lines.append(f"{'':{width}}  " + "".join(f"{name:>10}" for name in SPREADS))
    for condition, values in conditions.items():
        cells = (f"{100 * values['within_deviation'][name]:10.0f}" for name in SPREADS)
        lines.append(f"{condition:{width}}  " + "".join(cells))
    return "\n".join(lines)


def _interval(values: Figures, name: str) -> str:
    low, high = values[name.replace("_mm", "_interval_mm")]
    return f"{values[name]:.1f} [{low:.1f}, {high:.1f}]"
