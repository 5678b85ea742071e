"""`tools.benchmark peers`."""

import argparse
import importlib.util
import sys
from typing import Any

import numpy as np

from hps_tf.cli import command
from hps_tf.io import json_file
from hps_tf.io.atomic_file import replacing

DESCRIPTION = """Compares accuracy and speed with other projects that do a part of the same job, on
the same people: bodies from 2D keypoints (a fit after SMPLify in PyTorch), from 3D joints
(smplfitter, keypoints2body), and 3D joints from photographs (MediaPipe). What is not installed is
left out with a warning. 64 people take about 20 minutes on two idle cores."""

_PEERS = ("torch", "smplfitter", "keypoints2body")


def add_parser(commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "peers", help="accuracy and speed beside other projects", description=DESCRIPTION
    )
    add = parser.add_argument
    add(
        "--data",
        type=command.path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="prepared motion with a split 'test'",
    )
    add("--num_people", type=command.at_least(2), default=64, metavar="N", help="(%(default)s)")
    add("--seed", type=int, default=0, help="of the people (%(default)s)")
    add(
        "--mediapipe",
        type=command.path,
        metavar="PYTHON",
        help="the Python of an environment with mediapipe==0.10.21; left out by default",
    )
    add("--json", type=command.path, metavar="FILE", help="write the figures here")
    add("--report", type=command.path, metavar="FILE", help="write the document here")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Compares, prints the document, and writes what is asked for."""
    from tools.benchmark.peers import document

    figures = _compare(arguments)
    text = document.markdown(figures)
    print(text)
    if arguments.json:
        json_file.write(arguments.json, figures, indent=1)
    if arguments.report:
        with replacing(arguments.report) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _compare(arguments: argparse.Namespace) -> dict[str, Any]:
    from hps_tf.body import load_small
    from hps_tf.data.mocap import motion_archives
    from hps_tf.evaluation import held_out_people
    from tools.benchmark import pytorch, report
    from tools.benchmark.peers import from_joints, from_keypoints, from_photographs

    for peer in _PEERS:
        if importlib.util.find_spec(peer) is None:
            report.warn_absent(peer)
    if arguments.mediapipe is None:
        report.warn_absent("mediapipe (--mediapipe)")
    if not pytorch.missing(("torch",)):
        pytorch.prepare(num_threads=1)
    body = load_small()
    clips = motion_archives.of_split(arguments.data, "test", "--data")
    people = held_out_people.draw(
        clips, arguments.num_people, arguments.seed, body, with_parts=False
    )
    return {
        "machine": report.machine(_PEERS),
        "num_people": len(people),
        "num_clips": len(np.unique(people.clips)),
        "seed": arguments.seed,
        "comparisons": {
            "keypoints": from_keypoints.compare(people, body, _say),
            "joints": from_joints.compare(people, body, _say),
            "photographs": {
                "rendered": from_photographs.compare(people, arguments.mediapipe, _say)
            },
        },
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
