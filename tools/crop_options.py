"""Options that the preparations of people's crops share."""

import argparse

from hps_tf.cli import command
from hps_tf.data.images import image_manifest
from hps_tf.errors import InputError
from tools import worker_option

_MIN_SIZE, _MAX_SIZE = 16, 2048


def add_arguments(parser: argparse.ArgumentParser, bad: str = "files") -> None:
    """Adds --output, --image_size, --skip_bad and --workers.

    Args:
      parser: The command's.
      bad: The things that --skip_bad skips.
    """
    add = parser.add_argument
    add(
        "--output",
        type=command.path,
        required=True,
        help="output directory (new, or one that was prepared before)",
    )
    add("--image_size", type=int, default=256, help="side of the crops in pixels (default 256)")
    add("--skip_bad", action="store_true", help=f"skip missing or invalid {bad}, and count them")
    worker_option.add(parser)


def check(args: argparse.Namespace, **least: int) -> None:
    """Checks these options.

    Args:
      args: The command's.
      **least: The smallest value of other numbers by their names; None may be given for one.

    Raises:
      InputError: If one is out of range, or the output is neither new nor prepared before.
    """
    if not _MIN_SIZE <= args.image_size <= _MAX_SIZE:
        raise InputError(
            f"--image_size: expected from {_MIN_SIZE} to {_MAX_SIZE}, received {args.image_size}"
        )
    for name, bound in {**least, "workers": 1}.items():
        value = getattr(args, name)
        if value is not None and value < bound:
            raise InputError(f"--{name}: expected at least {bound}, received {value}")
    if args.output.exists() and not args.output.is_dir():
        raise InputError(f"{args.output}: expected a directory to write, received a file")
    if args.output.is_dir() and any(args.output.iterdir()):
        image_manifest.read_manifest(args.output)  # Nothing else is replaced.
