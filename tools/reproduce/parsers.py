"""The parsers of `tools.reproduce`, without the modules that compute."""

import argparse
import os

from hps_tf.cli import command, options
from hps_tf.fitting.weights import DEFAULT_WEIGHTS
from tools.reproduce import network_parsers, study_parser

_KINDS = ("6d-light", "6d-realnvp", "aa-light", "aa-realnvp")  # As `cross_validation.KINDS`.


def add(subparsers) -> None:
    """Adds a parser for every study; its name is that of the module that makes it.

    Args:
      subparsers: Of the program's parser.
    """
    for add_study in (
        _table1,
        network_parsers.table2,
        network_parsers.table3,
        network_parsers.figure4,
        network_parsers.alignment,
        _video,
        _pulled,
        _robustness,
        _calibration,
        _regressors,
        _cross_validation,
    ):
        add_study(subparsers)


def _table1(subparsers) -> None:
    parser = study_parser.add(
        subparsers, "table1", "fits with different pose priors", options.motion()
    )
    _add_priors(parser, "--num_images", gigabytes=2)
    parser.add_argument(
        "--train_priors",
        type=command.at_least(1),
        metavar="STEPS",
        help="train the runs that --priors lacks, at most this many steps each",
    )
    parser.add_argument(
        "--json", type=command.path, metavar="FILE", help="also write table1.json here"
    )


def _video(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "video",
        "windows of frames beside single frames, on noisy keypoints",
        options.motion(),
    )
    parser.add_argument(
        "--prior",
        type=command.name_or_path,
        default="cmu-6d-realnvp",
        help="name or path of a prior",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--num_clips",
        type=int,
        default=20,
        metavar="N",
        help="test clips, spread over all that are long enough (%(default)s)",
    )
    which.add_argument("--clips", nargs="+", metavar="NAME", help="these test clips")
    parser.add_argument(
        "--json", type=command.path, required=True, metavar="FILE", help="figures to write"
    )


def _pulled(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "pulled",
        "fits about a lifting network's predictions, under noise",
        options.motion(),
    )
    parser.add_argument("--lifting", required=True, metavar="NAME|FILE", help="the lifting network")
    parser.add_argument(
        "--output", type=command.path, required=True, metavar="DIR", help="for results"
    )
    parser.add_argument("--num_people", type=int, default=64, metavar="N", help="(%(default)s)")
    parser.add_argument("--split", choices=("test", "val"), default="test", help="(%(default)s)")
    parser.add_argument("--prior", default="cmu-6d-light", help="of four starts (%(default)s)")
    parser.add_argument(
        "--expected",
        type=float,
        nargs="+",
        default=[DEFAULT_WEIGHTS.expected],
        metavar="W",
        help="factors of the pull's weight, a row each (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the people (%(default)s)")


def _robustness(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "robustness",
        "fits with different pose priors to keypoints of every quality",
        options.motion(),
    )
    _add_priors(parser, "--num_people", gigabytes=1)


def _calibration(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "calibration",
        "standard deviations of joints beside their errors",
        options.motion(),
    )
    add = parser.add_argument
    add("--lifting", default="photo", metavar="NAME|FILE", help="(%(default)s)")
    add("--prior", default=options.DEFAULT_PRIOR, help="of fits from four starts (%(default)s)")
    add("--output", type=command.path, required=True, metavar="DIR", help="for results")
    count = command.at_least(1)
    add("--num_people", type=count, default=300, metavar="N", help="test people (%(default)s)")
    add(
        "--num_chosen_by",
        type=count,
        default=100,
        metavar="N",
        help="validation people (%(default)s)",
    )
    add("--seed", type=command.at_least(0), default=0, help="of the people (%(default)s)")


def _regressors(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "regressors",
        "HMR, SPIN and VIBE beside the paper's weak supervision, from keypoints",
        options.motion(),
    )
    add, count = parser.add_argument, command.at_least(1)
    add("--output", type=command.path, required=True, metavar="DIR", help="for runs and results")
    add("--steps", type=count, default=4_000, metavar="N", help="of every run (%(default)s)")
    add(
        "--seeds",
        type=command.at_least(0),
        nargs="+",
        default=[0, 1, 2],
        metavar="SEED",
        help="of the runs of every method (0 1 2)",
    )
    add("--num_windows", type=count, default=150, metavar="N", help="of test people (%(default)s)")
    add(
        "--workers",
        type=count,
        default=1,
        metavar="N",
        help="networks trained at a time, about 2 GB each (%(default)s)",
    )
    add("--json", type=command.path, metavar="FILE", help="also write the figures here")
    add(
        "--report",
        type=command.path,
        metavar="FILE",
        help="also write the report here, e.g. docs/regressors.md",
    )


def _cross_validation(subparsers) -> None:
    parser = study_parser.add(
        subparsers,
        "cross_validation",
        "gains of priors on people who are held out in turn",
        options.motion(),
    )
    add, count = parser.add_argument, command.at_least(1)
    add("--output", type=command.path, required=True, metavar="DIR", help="for runs and results")
    add(
        "--kinds",
        nargs="+",
        choices=_KINDS,
        default=list(_KINDS),
        metavar="KIND",
        help=f"of priors (all of {', '.join(_KINDS)})",
    )
    add("--folds", type=command.at_least(3), default=5, metavar="N", help="(%(default)s)")
    add("--steps", type=count, metavar="N", help="of every run, at most (as its config has it)")
    add(
        "--sigma",
        type=float,
        metavar="S",
        help="of the dequantisation noise (as its config has it)",
    )
    add("--seed", type=command.at_least(0), default=0, help="of the runs (%(default)s)")
    add(
        "--workers",
        type=count,
        default=1,
        metavar="N",
        help="priors trained at a time, about 2 GB each (%(default)s)",
    )
    add("--json", type=command.path, metavar="FILE", help="also write the figures here")
    add("--report", type=command.path, metavar="FILE", help="also write the report here")


def _add_priors(parser: argparse.ArgumentParser, count: str, gigabytes: int) -> None:
    """Adds the options of all studies of trained priors.

    Args:
      parser: Of the study.
      count: The option that says how many test people there are.
      gigabytes: Memory of a worker.
    """
    add = parser.add_argument
    add(count, type=command.at_least(1), default=300, metavar="N", help="test people (%(default)s)")
    add("--priors", type=command.path, metavar="DIR", help="directory of training runs, see above")
    add(
        "--output",
        type=command.path,
        required=True,
        metavar="DIR",
        help="directory for the results",
    )
    add("--seed", type=command.at_least(0), default=0, help="of the people (%(default)s)")
    add(
        "--workers",
        type=command.at_least(1),
        default=os.cpu_count() or 1,
        metavar="N",
        help=f"processes, about {gigabytes} GB each (default: all cores)",
    )
