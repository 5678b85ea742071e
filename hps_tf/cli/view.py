r"""Shows the people of a result in three dimensions, as one page that any browser opens.

    hps photo holiday.jpg --output bodies
    hps view bodies
    hps view bodies --output holiday.html --photographs pictures/

RESULT is the output directory of `hps photo` or `hps fit`, or its result.npz. The page needs no
network and no other file. It shows the bodies as the camera saw them, over the photograph, turns
freely, and plays videos; people, body parts or uncertainty give the colours.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hps_tf.cli import command, environment
from hps_tf.errors import InputError

_RESULT = "result.npz"


def main(arguments: Sequence[str] | None = None, program: str = "hps view") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    result = result_file(args.result)
    output = args.output or result.with_name("view.html")
    if not output.parent.is_dir():
        raise InputError(f"--output {output}: there is no directory {output.parent}")
    environment.import_tensorflow()
    from hps_tf.cli import viewing

    missing = viewing.write(
        result, output, body=args.body, frame_rate=args.frame_rate, photographs=args.photographs
    )
    for line in missing:
        print(line)
    size = output.stat().st_size / 1e6
    print(f"{output}: {size:.1f} MB written; open it in a browser")


def result_file(path: Path) -> Path:
    """Finds the result.npz of a directory, or takes the file.

    Raises:
      InputError: If there is none.
    """
    result = path / _RESULT if path.is_dir() else path
    if not result.is_file():
        raise InputError(f"{path}: expected the output of hps photo or hps fit, with {_RESULT}")
    return result


def add_result_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds RESULT, --frame_rate and --body."""
    add = parser.add_argument
    add("result", type=command.path, metavar="RESULT", help="the output of hps photo or hps fit")
    add(
        "--frame_rate",
        type=_rate,
        metavar="N",
        help="frames per second of a video (default: the result's own, else 30)",
    )
    add("--body", metavar="FILE", help="body model of the result, if it is not the embedded one")


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__)
    add_result_arguments(parser)
    add = parser.add_argument
    add(
        "--output",
        type=command.path,
        metavar="FILE",
        help="page to write (default: view.html beside the result)",
    )
    add(
        "--photographs",
        type=command.path,
        metavar="FILE|DIR",
        help="where the photographs, or the video, lie now; by default where they lay then",
    )
    return parser.parse_args(arguments)


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"expected frames per second, received {text!r}")
    return value
