"""Measures parts of the project, beside other implementations where there are any.

    python -m tools.benchmark body --json body.json
    python -m tools.benchmark all --json benchmarks.json --report docs/benchmarks.md
    python -m tools.benchmark compare benchmarks.json

Peers come with `pip install 'hps_tf[bench]'`; one that is not installed is left out with a warning.
Candidates take turns on the same inputs, and their results are compared before any is timed.
"""

import argparse
import sys
from pathlib import Path

from hps_tf.cli import command
from tools.benchmark import catalogue, collection, comparison, document, report
from tools.benchmark.peers import program as peers

_EXIT_FELL = 1
_COMMITTED = Path("docs/benchmarks.json")

_ALL = """Runs every benchmark in a process of its own, about an hour on two idle cores.

FILE is written after each benchmark. The same command resumes: benchmarks whose figures FILE
holds, of this machine and these versions, are not run again. To measure all again, remove FILE. A
benchmark that fails is named at the end, with exit code 1; the others are run."""

_COMPARE = """Names the rows that fell by more than 10 % against other figures, with exit code 1 if
there are any. Rows with peers are compared by their ratio to the best of them, the others only if
both files are of the same processor and number of cores."""


def main() -> None:
    """Runs the benchmark, or the comparison, that the command line names."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _run_one(arguments: argparse.Namespace) -> None:
    if arguments.report:
        document.check(arguments.report, [arguments.name])
    measured = report.measure(arguments.name, arguments.json)
    report.print_table(measured.rows)
    if arguments.report:
        document.rewrite(arguments.report, {arguments.name: measured})


def _run_all(arguments: argparse.Namespace) -> None:
    if arguments.report:
        document.check(arguments.report, catalogue.BENCHMARKS)
    found, failed = collection.run(arguments.json, list(catalogue.BENCHMARKS))
    if arguments.report:
        document.rewrite(arguments.report, found)
    if failed:
        print(f"tools.benchmark: failed: {', '.join(failed)}", file=sys.stderr)
        sys.exit(1)


def _compare(arguments: argparse.Namespace) -> None:
    result = comparison.compare(report.read(arguments.file), report.read(arguments.against))
    print("\n".join(result.lines()))
    if result.fallen:
        sys.exit(_EXIT_FELL)


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.benchmark", __doc__)
    commands = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, measured in catalogue.BENCHMARKS.items():
        one = commands.add_parser(name, help=measured, description=f"Measures {measured}.")
        one.add_argument(
            "--json", type=command.path, metavar="FILE", help="write the results here too"
        )
        _add_report(one)
        one.set_defaults(run=_run_one)

    every = _with_text(commands, "all", "all of them; resumes", _ALL)
    every.add_argument(
        "--json", type=command.path, metavar="FILE", required=True, help="results, resumed from"
    )
    _add_report(every)
    every.set_defaults(run=_run_all)

    compare = _with_text(commands, "compare", "the rows of a file that fell", _COMPARE)
    compare.add_argument("file", type=command.path, metavar="FILE", help="the new results")
    compare.add_argument(
        "--against",
        type=command.path,
        metavar="FILE",
        default=_COMMITTED,
        help=f"the results to compare with (default: {_COMMITTED})",
    )
    compare.set_defaults(run=_compare)
    peers.add_parser(commands)
    return parser


def _with_text(commands, name: str, summary: str, description: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report",
        type=command.path,
        metavar="FILE",
        help="rewrite the tables of this document, between its marks, e.g. docs/benchmarks.md",
    )


if __name__ == "__main__":
    command.run(main, "tools.benchmark")
