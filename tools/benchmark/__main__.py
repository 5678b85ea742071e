"""Measures a part of the project beside other implementations of it.

    python -m tools.benchmark body --json body.json

Peers come with `pip install 'hps_tf[bench]'`; one that isn't installed is left out with a warning.
All candidates take turns on the same inputs and their results are compared before any is timed.
"""

import argparse

from hps_tf.cli import command
from tools.benchmark import (
    alignment,
    body,
    fitting,
    network,
    onnx,
    photo,
    prior,
    report,
    scaling,
    serving,
)

#: The benchmarks: a module with `PEERS`, the distributions it compares with, and `rows()`.
BENCHMARKS = {
    "alignment": alignment,
    "body": body,
    "fitting": fitting,
    "network": network,
    "onnx": onnx,
    "photo": photo,
    "prior": prior,
    "scaling": scaling,
    "serving": serving,
}


def main() -> None:
    """Runs the benchmark named on the command line."""
    parser = argparse.ArgumentParser(
        prog="tools.benchmark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=BENCHMARKS, help="what to measure")
    parser.add_argument(
        "--json", type=command.path, metavar="FILE", help="also write the results here"
    )
    arguments = parser.parse_args()

    benchmark = BENCHMARKS[arguments.name]
    rows = benchmark.rows()
    report.print_table(rows)
    if arguments.json:
        report.write_rows(arguments.json, rows, benchmark.PEERS)


if __name__ == "__main__":
    command.run(main, "tools.benchmark")
