"""The option of programs that spread their work over processes."""

import argparse
import os


def add(parser: argparse.ArgumentParser) -> None:
    """Adds ``--workers``, the number of processes.

    Args:
      parser: The program's.
    """
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
