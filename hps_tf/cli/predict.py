r"""Asks a model server for the people in photographs.

    hps predict --server localhost:8500 photographs/*.jpg
    hps predict --server localhost:8501 --rest photograph.jpg
    hps predict --server localhost:8500 --box 120,40,200,460 photograph.jpg

The server is TensorFlow Serving with a network of `export.savedmodel`. For every IMAGE there come

    NAME.png      the photograph with everybody's body over it; what is pale is unsure
    NAME.npz      the outputs of `predict_photo`, a row per person (see `python -m export.savedmodel
                  --help`): boxes, keypoints_2d, confidence, score, pose, shape, translation,
                  joints, vertices, joint_std; and intrinsics (3, 3)

With --box it is the outputs of `predict_jpeg` for the one person there, also in a row.

Files that cannot be read, and images that the server refuses, are named in the end; the others are
answered.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hps_tf.cli import box_option, command, environment
from hps_tf.errors import InputError

_DEFAULT_MODEL = "photo"


def main(arguments: Sequence[str] | None = None, program: str = "hps predict") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    names = [path.stem for path in args.images]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"IMAGES: expected different names, received {twice!r} twice")
    environment.import_tensorflow()
    from hps_tf.cli.serving import program as serving

    serving.run(args)


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__)
    add = parser.add_argument
    add("images", type=command.path, nargs="+", metavar="IMAGE", help="photographs: JPEG, PNG, ...")
    add("--server", required=True, metavar="HOST:PORT", help="by default gRPC's port, 8500")
    add("--rest", action="store_true", help="speak REST; HOST:PORT is REST's, 8501")
    add("--model", default=_DEFAULT_MODEL, help="name of the model on the server (%(default)s)")
    add(
        "--box",
        type=box_option.parse,
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="the box around the one person wanted, pixels, of every image, by default everybody;"
        " networks without a lifting module find nobody by themselves, so give them a box, or"
        " 0,0,0,0 for the largest square in the middle",
    )
    add(
        "--batch_size", type=command.at_least(1), default=8, help="images per request (%(default)s)"
    )
    add(
        "--deadline",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long a request may take, with all its tries (%(default)s)",
    )
    add(
        "--tries",
        type=command.at_least(1),
        default=5,
        help="how often to ask a busy server (%(default)s)",
    )
    add(
        "--output",
        type=command.path,
        default=Path("predicted"),
        metavar="DIR",
        help="(%(default)s)",
    )
    return parser.parse_args(arguments)
