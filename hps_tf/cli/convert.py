r"""Writes the people of a result as GLB, BVH, SMPL-style npz, COCO keypoints, CSV or OBJ.

    hps photo dance.mp4 --output dance
    hps convert dance --output dance.glb
    hps convert dance --output motion/ --format bvh smpl.npz

RESULT is the output directory of `hps photo` or `hps fit`, or its result.npz.

    .glb       everybody, each a skinned mesh with an animated skeleton; Blender, three.js
    .bvh       one person's motion, y up, centimetres; a file per person
    .smpl.npz  poses, betas, trans and mocap_framerate, z up, as AMASS; a file per person
    .json      the bodies' 17 keypoints as a COCO file
    .csv       joints in metres and pixels, with their uncertainty
    .obj       the surfaces of a photograph's people

Several photographs have a file each, with the photograph's name before the suffix.
"""

import argparse
from collections.abc import Sequence

from hps_tf.cli import command, environment, view
from hps_tf.errors import InputError

_SUFFIXES = ("glb", "bvh", "smpl.npz", "json", "csv", "obj")


def main(arguments: Sequence[str] | None = None, program: str = "hps convert") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    result = view.result_file(args.result)
    if args.format:
        args.output.mkdir(parents=True, exist_ok=True)
        stem = args.result.resolve().name if args.result.is_dir() else args.result.stem
        targets = [args.output / f"{stem}.{suffix}" for suffix in args.format]
    else:
        targets = [args.output]
        if not args.output.name.lower().endswith(tuple(f".{suffix}" for suffix in _SUFFIXES)):
            raise InputError(
                f"--output {args.output}: expected a name that ends with ."
                f"{', .'.join(_SUFFIXES)}, or --format"
            )
        if not args.output.parent.is_dir():
            raise InputError(f"--output {args.output}: there is no directory {args.output.parent}")
    environment.import_tensorflow()
    from hps_tf.cli import conversion

    for path in conversion.write(result, targets, body=args.body, frame_rate=args.frame_rate):
        print(path)


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__)
    view.add_result_arguments(parser)
    parser.add_argument(
        "--output",
        type=command.path,
        required=True,
        metavar="FILE|DIR",
        help="file to write, or directory with --format",
    )
    parser.add_argument(
        "--format", nargs="+", choices=_SUFFIXES, metavar="SUFFIX", help=", ".join(_SUFFIXES)
    )
    return parser.parse_args(arguments)
