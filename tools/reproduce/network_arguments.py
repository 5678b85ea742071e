"""Options of the tables of networks."""

import argparse
import os

from hps_tf.cli import command
from hps_tf.errors import InputError
from hps_tf.models import PRESETS
from tools.reproduce import image_domains
from tools.reproduce.image_domains import Synthetic
from tools.reproduce.network_study import NetworkStudy


def add(parser: argparse.ArgumentParser) -> None:
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
    argument(
        "--preset", choices=sorted(PRESETS), default="small", help="of the network (%(default)s)"
    )
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


def add_ground_truth_evidence(parser: argparse.ArgumentParser) -> None:
    """Adds the option of studies without errors of keypoints and part maps (teacher forcing)."""
    parser.add_argument(
        "--ground_truth_evidence",
        "--label_evidence",  # What the option was called before.
        action="store_true",
        help="estimate pose and shape from heatmaps and part maps made of the labels",
    )


def begin(arguments: argparse.Namespace, *, ground_truth_evidence: bool = False) -> NetworkStudy:
    """Checks the arguments of `add`, renders what is missing, and makes the study.

    Args:
      arguments: These.
      ground_truth_evidence: Of the study.

    Raises:
      InputError: If data cannot be used, or the output holds results of other settings.
    """
    for option in ("json", "report"):
        path = getattr(arguments, option)
        if path and not path.parent.is_dir():
            raise InputError(f"--{option} {path}: there is no directory {path.parent}")
    output = arguments.output.absolute()
    size = PRESETS[arguments.preset].image_size
    synthetic = Synthetic(arguments.num_images, size, tuple(arguments.mocap))
    given = {"labelled": arguments.labelled, "weak": arguments.weak}
    for option, needed in (("labelled", ("pose",)), ("weak", ("keypoints", "parts"))):
        if given[option]:
            image_domains.check(f"--{option}", given[option], needed)
    data = output / "data"
    study = NetworkStudy(
        labelled=(given["labelled"] or data / "labelled").absolute(),
        weak=(given["weak"] or data / "weak").absolute(),
        synthetic=synthetic,
        preset=arguments.preset,
        maps_steps=arguments.maps_steps,
        steps=arguments.steps,
        seeds=tuple(range(arguments.seeds)),
        output=output,
        workers=arguments.workers,
        ground_truth_evidence=ground_truth_evidence,
    )
    study.checkpoints()
    if not given["labelled"]:
        image_domains.labelled(data, synthetic)
    if not given["weak"]:
        image_domains.weak(data, synthetic)
    return study
