"""Checks an exported model: every way to load it must give the answers stored beside it.

    python -m export.verify served/photo
    python -m export.verify --quick served/photo
    python -m export.verify served/photo --onnx photo-onnx

DIR is a version (it holds saved_model.pb) or the directory of all versions, each of which is
checked. The ways are TensorFlow 2 and 1 in Python, TensorFlow's C API, and, where there is a C
compiler, a C program; the last two load as TensorFlow Serving does. Requests are compared with what
the model answered when it was exported: by the first and the last way those of all signatures, by
those between, which compute as the last does, that of `serving_default`. The last one also answers
the warm-up requests. The first way leaves graphs as they are: to optimize that of a fit takes
longer than to run it. With --quick there is one way, the C API with graphs as they are, and one
warm-up request a signature; signatures that fit or look for people are left out. With --onnx, ONNX
Runtime is asked as well: requests of the signatures that have a file there (`export.onnx` writes
them), whose answers may differ by 0.001.

Exit code 0: all agree; 1: an answer differs; 2: not an exported model, or damaged.
"""

import sys
from pathlib import Path

from export import versions
from hps_tf.cli import command, environment
from hps_tf.errors import InputError

EXIT_DIFFERS = 1


def main() -> None:
    """Checks the model named on the command line and ends the process with its exit code."""
    parser = command.parser("export.verify", __doc__)
    parser.add_argument("directory", type=command.path, metavar="DIR", help="the exported model")
    parser.add_argument(
        "--quick", action="store_true", help="one way to load, fast signatures alone"
    )
    parser.add_argument(
        "--onnx", type=command.path, metavar="DIR", help="the model's files of export.onnx"
    )
    arguments = parser.parse_args()
    found = versions_in(arguments.directory)
    environment.import_quietly()
    from export import verification

    for version in found:
        report = verification.check(
            version,
            is_quick=arguments.quick,
            onnx=arguments.onnx,
            say=verification.progress,
        )
        if report.differing:
            first = verification.in_words(report.differing[0])
            print(f"export.verify: {version}: {first}", file=sys.stderr)
            sys.exit(EXIT_DIFFERS)
        print(f"{version}: " + "\n".join(report.lines()))


def versions_in(directory: Path) -> list[Path]:
    """Lists the versions of a model: the directory itself, or those in it that are numbers.

    Raises:
      InputError: If there is none.
    """
    if (directory / "saved_model.pb").is_file():
        return [directory]
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory")
    found = [directory / str(number) for number in versions.listed(directory)]
    if not found:
        raise InputError(f"{directory}: expected saved_model.pb or numbered versions, found none")
    return found


if __name__ == "__main__":
    command.run(main, "export.verify")
