r"""Shows the people of a result, or the poses of a prior, in three dimensions, in a browser.

    hps photo holiday.jpg --output bodies
    hps view bodies
    hps view bodies --output holiday.html --photographs pictures/
    hps view --prior cmu-6d-light

RESULT is the output directory of `hps photo` or `hps fit`, or its result.npz. The page needs no
network and no other file. It shows the bodies as the camera saw them, over the photograph, turns
freely, and plays videos; people, body parts or uncertainty give the colours.

--prior serves a page on this machine until it is interrupted: sliders move a body along the latent
directions that move it most, beside random samples, a walk between two poses, the body's shape, and
how plausible the pose is: its score and its percentile among poses of motion capture, which are
those of --data, else those that come with a pretrained prior; without either, among the prior's
samples. It needs viser: pip install 'hps_tf[view]'.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hps_tf.cli import command, environment, options
from hps_tf.errors import InputError

_RESULT = "result.npz"
_HELP_OF_RESULT = "the output of hps photo or hps fit"
_OF_RESULTS = ("output", "photographs", "frame_rate")
_OF_PRIORS = ("data", "split", "port")


def main(arguments: Sequence[str] | None = None, program: str = "hps view") -> None:
    """Runs the command.

    Args:
      arguments: The arguments; those of the process by default.
      program: How the user called it; begins its messages.
    """
    args = _parse(arguments, program)
    if args.result is None:
        environment.import_tensorflow()
        from hps_tf.cli import prior_viewing

        prior_viewing.serve(args)
        return
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
    parser.add_argument("result", type=command.path, metavar="RESULT", help=_HELP_OF_RESULT)
    _add_frame_rate_and_body(parser)


def _add_frame_rate_and_body(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--frame_rate",
        type=_rate,
        metavar="N",
        help="frames per second of a video (default: the result's own, else 30)",
    )
    add("--body", metavar="FILE", help="body model, if it is not the embedded one")


def _parse(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = command.parser(program, __doc__, [options.motion(required=False)])
    shown = parser.add_mutually_exclusive_group(required=True)
    shown.add_argument(
        "result", type=command.path, nargs="?", metavar="RESULT", help=_HELP_OF_RESULT
    )
    shown.add_argument(
        "--prior",
        type=command.name_or_path,
        metavar="NAME|FILE",
        help="pretrained prior, or path of a prior.npz, in place of a result",
    )
    shown.add_argument("--run", type=command.path, metavar="DIR", help="that of a training run")
    _add_frame_rate_and_body(parser)
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
    add("--split", metavar="NAME", help="split of --data (default test)")
    add("--port", type=_port, metavar="N", help="port to serve a prior at (default 8080)")
    parsed = parser.parse_args(arguments)
    what, others = ("a prior", _OF_RESULTS) if parsed.result is None else ("a result", _OF_PRIORS)
    for name in others:
        if getattr(parsed, name) is not None:
            raise InputError(f"--{name}: expected none with {what}, received one")
    return parsed


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, received {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"expected frames per second, received {text!r}")
    return value
