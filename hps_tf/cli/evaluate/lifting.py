"""The command `hps evaluate lifting`."""

import argparse

from hps_tf.body import load_small
from hps_tf.cli import options, source
from hps_tf.data.mocap import motion_archives
from hps_tf.evaluation import held_out_people, lifting_figures
from hps_tf.evaluation.lifting_figures import METRICS, SPREADS, Figures
from hps_tf.models import Lifter, load_lifting

_HEADINGS = {"mpjpe_mm": "MPJPE, mm", "pa_mpjpe_mm": "PA-MPJPE, mm"}


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures the network, prints the tables and writes the file."""
    name, file = source.find(arguments, "lifting", source.MEASURES)
    lifter = Lifter(load_lifting(file), load_small())
    clips = motion_archives.of_split(arguments.data, arguments.split, "--data")
    people = held_out_people.draw(clips, arguments.people, 0, lifter.body, with_parts=False)
    subjects = {clip.name: clip.subject for clip in clips}
    figures = {
        "lifting": name,
        "data": [path.resolve().name for path in arguments.data],
        "split": arguments.split,
        "num_people": len(people),
        "num_clips": len(clips),
        "conditions": lifting_figures.measure(lifter, people, subjects),
    }
    print(text(figures))
    options.write_json(arguments, figures)


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
