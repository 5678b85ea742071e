"""The options of ``tools.prepare_mocap``, and what they say of files and of their conversion."""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from hps_tf.body import default_body
from hps_tf.cli import command
from hps_tf.data.mocap import bvh, clip_splits, conversion_plan, joint_maps, up_axis
from hps_tf.data.mocap.angles import AngleUnit
from hps_tf.data.mocap.conversion import Converter
from hps_tf.data.mocap.conversion_plan import PlanSettings
from hps_tf.data.mocap.rest_skeleton import RestSkeleton
from hps_tf.data.mocap.stance import RestFile, StatedStance
from hps_tf.errors import InputError
from tools import shares, worker_option


def parse(arguments: Sequence[str] | None, description: str) -> argparse.Namespace:
    """Parses the command line."""
    parser = command.parser("tools.prepare_mocap", description)
    add = parser.add_argument
    add(
        "--input",
        type=command.path,
        required=True,
        help="directory or tar archive (.tar, .tar.xz, ...)",
    )
    add("--format", choices=sorted(conversion_plan.SUFFIXES), required=True)
    add(
        "--output",
        type=command.path,
        required=True,
        help="output directory (new, or one to resume)",
    )
    add("--fps", type=float, default=30.0, help="rate of the prepared clips (default 30)")
    add(
        "--splits",
        type=_splits,
        metavar="CSV|SHARES",
        help="CSV with columns clip, subject, split and optionally fps; clips it does not list join"
        " their subject's split; clips of one name in several directories: s1/walk_01. Or shares"
        " that divide the subjects: train=0.8,val=0.1,test=0.1",
    )
    add(
        "--default_split",
        help="split of subjects that --splits does not list; without --splits, of all (default"
        " all)",
    )
    add(
        "--mapping",
        type=command.path,
        help="for other skeletons: JSON from their joints to ours, e.g."
        ' {"Hips": "pelvis", "LeftUpLeg": "l_hip", ...}',
    )
    add(
        "--fallback_asf",
        metavar="SUBJECT",
        help="whose .asf serves subjects without one: CMU's share all axes, and only bone lengths"
        " are not theirs",
    )
    add(
        "--source_fps",
        action="append",
        default=[],
        metavar="CLIPS=FPS",
        help="rate at which clips were captured, e.g. '60_*=60'; may be repeated. It counts before"
        " the fps column of --splits, and that before the file's own (AMC: 120)",
    )
    add(
        "--rest_pose",
        type=_rest_pose,
        metavar="FRAME|FILE",
        help="for skeletons that do not stand in a T-pose at zero or in their first or last frame:"
        " the frame in which they do, from 0, or a .bvh file of the same skeleton",
    )
    add(
        "--up",
        choices=sorted(up_axis.TO_Y_UP),
        help="the axis that is up, e.g. z or --up=-y (default: along which the body stands)",
    )
    add(
        "--angles",
        choices=get_args(AngleUnit),
        help="unit of the files' angles, where they look like the other one",
    )
    add("--skip_bad", action="store_true", help="skip invalid files, and report them")
    worker_option.add(parser)
    shares.add_arguments(parser)
    return parser.parse_args(arguments)


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """Returns what decides the output beside the input, as the manifest keeps it."""
    if not 1 <= args.fps <= 10_000:
        raise InputError(f"--fps: expected from 1 to 10000, received {args.fps:g}")
    if args.workers < 1:
        raise InputError(f"--workers: expected at least 1, received {args.workers}")

    def content(setting: Any) -> Any:
        """A file's checksum; any other setting as it is."""
        if isinstance(setting, Path):
            return hashlib.sha256(setting.read_bytes()).hexdigest()
        return setting

    return {
        "format": args.format,
        "fps": args.fps,
        "splits": content(args.splits),
        "default_split": args.default_split,
        "mapping": content(args.mapping),
        "fallback_asf": args.fallback_asf,
        "source_fps": args.source_fps,
        "rest_pose": content(args.rest_pose),
        "up": args.up,
        "angles": args.angles,
    }


def plan_settings(args: argparse.Namespace) -> PlanSettings:
    """Returns the user's settings of the files."""
    table, by_share = clip_splits.EMPTY, None
    if isinstance(args.splits, Path):
        table = clip_splits.read(args.splits.read_bytes(), str(args.splits))
    elif args.splits is not None:
        by_share = clip_splits.parse_shares(args.splits, "--splits")
        if args.default_split is not None:
            raise InputError("--default_split: expected a table as --splits, received shares")
    default_split = args.default_split or (None if isinstance(args.splits, Path) else "all")
    if default_split is not None:
        clip_splits.check_split_name(default_split, "--default_split")
    source_fps = []
    for text in args.source_fps:
        pattern, _, fps = text.rpartition("=")
        if not pattern:
            raise InputError(f"--source_fps: expected CLIPS=FPS such as 60_*=60, received {text!r}")
        source_fps.append((pattern, clip_splits.parse_fps(fps, f"--source_fps {text}")))
    return PlanSettings(
        args.format, table, default_split, args.fallback_asf, source_fps, args.skip_bad, by_share
    )


def converter(args: argparse.Namespace) -> Converter:
    """Returns what converts the files."""
    joint_map = None
    if args.mapping:
        joint_map = joint_maps.read(args.mapping.read_bytes(), str(args.mapping))
    stated = StatedStance(_read_rest_pose(args), args.up)
    rest = RestSkeleton.from_body(default_body.read(3000))
    return Converter(args.fps, rest, joint_map, stated, args.angles)


def _read_rest_pose(args: argparse.Namespace) -> int | RestFile | None:
    if args.rest_pose is not None and args.format == "amass":
        raise InputError("--rest_pose: expected a skeleton's format, received --format amass")
    if not isinstance(args.rest_pose, Path):
        return args.rest_pose
    name = str(args.rest_pose)
    # Its rate does not matter.
    motion = bvh.read(args.rest_pose.read_bytes(), name, fps=1.0, unit=args.angles or "degrees")
    return RestFile(name, motion)


def _splits(text: str) -> str | Path:
    """The table's path, or shares as they are written."""
    path = command.path(text)
    return text if "=" in text and not path.exists() else path


def _rest_pose(text: str) -> int | Path:
    return int(text) if text.isdecimal() else command.path(text)
