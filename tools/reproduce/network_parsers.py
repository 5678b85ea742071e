"""The parsers of the studies that train networks, without the modules that compute."""

import argparse
import os

from hps_tf.cli import command
from tools.reproduce import study_parser


def table2(subparsers) -> None:
    """Adds the parser of Table 2."""
    parser = study_parser.add(
        subparsers,
        "table2",
        "networks with 3D labels of some subjects, without and with weak supervision",
    )
    _add_network(parser)
    _add_ground_truth_evidence(parser)


def table3(subparsers) -> None:
    """Adds the parser of Table 3."""
    parser = study_parser.add(
        subparsers, "table3", "networks, fits from their predictions, and video"
    )
    _add_network(parser)
    _add_ground_truth_evidence(parser)
    for option, what in (("fs_run", "fully"), ("ws_run", "weakly")):
        parser.add_argument(
            f"--{option}",
            type=command.path,
            metavar="DIR",
            help=f"run of trainers.train of the {what} supervised network, in place of training",
        )


def figure4(subparsers) -> None:
    """Adds the parser of Figure 4."""
    parser = study_parser.add(
        subparsers, "figure4", "weak supervision on a second image domain, step by step"
    )
    _add_network(parser)
    _add_ground_truth_evidence(parser)


def alignment(subparsers) -> None:
    """Adds the parser of the study of the alignment loss."""
    parser = study_parser.add(
        subparsers,
        "alignment",
        "the alignment loss's options on occluded and mislabelled part maps",
    )
    parser.add_argument("--num_people", type=int, default=64, metavar="N")
    parser.add_argument(
        "--json", type=command.path, required=True, metavar="FILE", help="figures to write"
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    """Adds the options of all tables of networks."""
    argument = parser.add_argument
    argument("--labelled", type=command.path, metavar="DIR", help="prepared images with 3D labels")
    argument(
        "--weak",
        type=command.path,
        metavar="DIR",
        help="prepared images with keypoints and body parts",
    )
    argument(
        "--mocap",
        type=command.path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="prepared motion with train, val and test subjects, whose poses are rendered where"
        " --labelled or --weak is missing (default: samples of the pretrained prior)",
    )
    argument(
        "--num_images",
        type=command.at_least(10),
        default=6_000,
        metavar="N",
        help="images to render of each domain (%(default)s)",
    )
    argument("--preset", default="small", metavar="NAME", help="size of the network (%(default)s)")
    argument(
        "--maps_steps",
        type=command.at_least(2),
        default=4_000,
        metavar="N",
        help="training steps of keypoints and part maps, which all networks share (%(default)s)",
    )
    argument(
        "--steps",
        type=command.at_least(2),
        default=1_500,
        metavar="N",
        help="training steps of pose and shape before FS and FS+WS part, which have half as many"
        " (%(default)s)",
    )
    argument(
        "--seeds",
        type=command.at_least(1),
        default=1,
        metavar="N",
        help="networks trained for each row, with seeds 0..N-1 (%(default)s)",
    )
    argument(
        "--workers",
        type=command.at_least(1),
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="networks trained at a time, about 2 GB each; 1 on a GPU (%(default)s)",
    )
    argument(
        "--output",
        type=command.path,
        required=True,
        metavar="DIR",
        help="directory for all results",
    )
    argument("--json", type=command.path, metavar="FILE", help="also write the figures here")
    argument(
        "--report",
        type=command.path,
        metavar="FILE",
        help="also write the report here, e.g. docs/X.md",
    )


def _add_ground_truth_evidence(parser: argparse.ArgumentParser) -> None:
    """Adds the option of studies without errors of keypoints and part maps (teacher forcing)."""
    parser.add_argument(
        "--ground_truth_evidence",
        "--label_evidence",  # What the option was called before.
        action="store_true",
        help="estimate pose and shape from heatmaps and part maps made of the labels",
    )
