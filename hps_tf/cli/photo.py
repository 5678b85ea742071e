r"""Finds everybody in photographs and videos, and makes their bodies.

    hps photo photograph.jpg --output bodies
    hps photo holiday/ more/*.png --output bodies
    hps photo dance.mp4 --output bodies
    hps photo frames/ --video --output bodies

Writes to the output:

    overlays/*.png  each photograph with its people over it and, beside it, from the side; a ring is
                    a keypoint that was found, blue on the person's left and orange on the right, a
                    dot the body's own; what is pale is unsure
    meshes/*.glb    one body per person; scenes/*.glb, all people of a photograph together
    result.npz      one row per person: pose (N,24,3) axis-angle, shape (N,S), translation
                    (N,3) metres, joints_3d (N,24,3) in the camera's frame (OpenCV: x right, y
                    down, z forward), joint_std (N,24) metres, how far each joint may be off,
                    boxes (N,4), found keypoints_2d (N,17,2) with confidence (N,17),
                    fitted_keypoints_2d (N,17,2), pixels, intrinsics (N,3,3), image (N,), the index
                    into images, person_ids, ...
    summary.json    the same in short: who is where, who is unsure, what failed
    overlay.mp4     of a video, in place of overlays of all its frames

A video's people are followed over time: person_ids say who is who, and each has one shape. Of
several videos, or of videos besides photographs, each has a directory of its own in the output.

The focal length is the one that the photograph's EXIF holds, else it is taken to be the image's
diagonal in pixels; summary.json has it per image, with its source. Files that cannot be read are
named, all others are done, and the exit code is 2.
"""

import argparse
import sys
from collections.abc import Sequence

from hps_tf.cli import box_option, command, detector_option, environment
from hps_tf.cli.photographs import inputs
from hps_tf.errors import InputError

_MIN_FOCAL_LENGTH = 10  # As in `hps_tf.geometry.camera_matrix`, which imports TensorFlow.

_FEW = 10
"""Photographs that are done before improving the graphs would have paid."""


def main(arguments: Sequence[str] | None = None, program: str = "hps photo") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    found = inputs.gather(args.input, is_video=args.video)
    boxes = _boxes(args.box, found)
    if args.output.exists() and not args.output.is_dir():
        raise InputError(f"{args.output}: expected a directory to write, received a file")
    for line in found.skipped:
        print(f"skipped {line}")
    for failure in found.failures:
        print(failure.line, file=sys.stderr)
    if not (found.photographs or found.videos):
        raise InputError("expected photographs or videos, received none that can be used")
    # Only now, when all is known that can be wrong without it.
    environment.import_tensorflow()
    if len(found.photographs) <= _FEW and not found.videos:
        environment.start_quickly()
    from hps_tf.cli.photographs import program as photographs_program

    settings = photographs_program.Settings(
        not args.fast, args.max_people, args.focal_length, boxes, args.network, args.detector
    )
    described = {
        "input": [str(path) for path in args.input],
        "fast": args.fast,
        "video": args.video,
        "max_people": args.max_people,
        "focal_length": args.focal_length,
        "boxes": boxes,
        "network": args.network,
    }
    photographs_program.run(found, args.output, settings, described)


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__)
    add = parser.add_argument
    add(
        "input",
        type=command.path,
        nargs="+",
        metavar="FILE|DIR",
        help="photographs, videos, and directories of them; what lies in directories within these"
        " is left out",
    )
    add("--output", type=command.path, required=True, metavar="DIR", help="directory to write")
    add(
        "--fast",
        action="store_true",
        help="leave bodies as they are lifted from the keypoints, without fitting them",
    )
    add(
        "--video",
        action="store_true",
        help="photographs are the frames of a video in the order of their names: those of each"
        " directory, and those given by name together",
    )
    add(
        "--box",
        type=box_option.parse,
        action="append",
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="where a person is in the one photograph, pixels, in place of finding people; given"
        " more than once for several people",
    )
    add(
        "--max_people",
        type=command.at_least(1),
        metavar="N",
        help="how many people of an image at most, the surest; by default all",
    )
    add(
        "--focal_length",
        type=_focal_length,
        metavar="PIXELS",
        help="the focal length of all images, where you know it",
    )
    add(
        "--network",
        type=command.name_or_path,
        metavar="NAME|FILE",
        help="the network that lifts people from their keypoints: the name of a pretrained one, or"
        " a training run's lifting.npz or network.npz (default: photo)",
    )
    detector_option.add(parser)
    return parser.parse_args(arguments)


def _focal_length(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not _MIN_FOCAL_LENGTH <= value < 1e6:
        raise argparse.ArgumentTypeError(
            f"expected pixels from {_MIN_FOCAL_LENGTH} to 1e6, received {text!r}"
        )
    return value


def _boxes(boxes: list[list[float]] | None, found: inputs.Inputs) -> list[list[float]] | None:
    """Checks that boxes have their one photograph, and lie in it."""
    if boxes is None:
        return None
    if len(found.photographs) != 1 or found.videos:
        raise InputError(
            f"--box: expected one photograph, received {len(found.photographs)} and"
            f" {len(found.videos)} videos"
        )
    from hps_tf.data.images import photographs

    height, width = photographs.at(found.photographs[0]).size
    for left, top, box_width, box_height in boxes:
        is_seen = -box_width < left < width and -box_height < top < height
        if not is_seen or max(box_width, box_height) > 2 * max(width, height):
            raise InputError(
                f"--box: expected a box in the photograph of {width} x {height} pixels, received"
                f" {left:g},{top:g},{box_width:g},{box_height:g}"
            )
    return boxes
