"""Reproduces the paper's tables on open data.

    python -m tools.reproduce table1 --data prepared/cmu --priors runs --output results

The same command resumes an interrupted computation.
"""

import argparse
import signal
import sys

from hps_tf.cli import command
from hps_tf.io import directory_lock
from tools.reproduce import alignment, figure4, pulled, robustness, table1, table2, table3, video


def main() -> None:
    """Parses the command line and makes the table it names."""
    parser = argparse.ArgumentParser(
        prog="tools.reproduce",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(metavar="WHAT", required=True)
    table1.add_parser(subparsers)
    table2.add_parser(subparsers)
    table3.add_parser(subparsers)
    figure4.add_parser(subparsers)
    alignment.add_parser(subparsers)
    video.add_parser(subparsers)
    pulled.add_parser(subparsers)
    robustness.add_parser(subparsers)
    arguments = parser.parse_args()
    # As an exception, the signal lets the processes that were started be ended too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if "output" not in arguments:
        arguments.reproduce(arguments)
        return
    with directory_lock.held(arguments.output, f"--output {arguments.output}"):
        arguments.reproduce(arguments)


if __name__ == "__main__":
    command.run(main, "tools.reproduce")
