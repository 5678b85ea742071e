"""The parser of a study."""

import argparse

from hps_tf.cli import command


def add(
    subparsers, name: str, summary: str, *parents: argparse.ArgumentParser
) -> argparse.ArgumentParser:
    """Adds a parser whose description is the docstring of the study's module.

    Args:
      subparsers: Of the program's parser.
      name: The module's.
      summary: The line that the program's help has.
      *parents: Parsers whose options it takes over.
    """
    return subparsers.add_parser(
        name,
        parents=parents,
        help=summary,
        description=command.docstring(f"tools.reproduce.{name}"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
