"""Reproduces the paper's tables on open data.

    python -m tools.reproduce table1 --data prepared/cmu --priors runs --output results

The same command resumes an interrupted computation.
"""

import importlib
import signal
import sys

from hps_tf.cli import command, environment
from hps_tf.io import directory_lock
from tools.reproduce import parsers


def main() -> None:
    """Parses the command line and makes the table it names."""
    parser = command.parser("tools.reproduce", __doc__)
    parsers.add(parser.add_subparsers(metavar="WHAT", required=True, dest="study"))
    arguments = parser.parse_args()
    environment.import_quietly()
    reproduce = importlib.import_module(f"tools.reproduce.{arguments.study}").reproduce
    # As an exception, the signal lets the processes that were started be ended too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if "output" not in arguments:
        reproduce(arguments)
        return
    with directory_lock.held(arguments.output, f"--output {arguments.output}"):
        reproduce(arguments)


if __name__ == "__main__":
    command.run(main, "tools.reproduce")
