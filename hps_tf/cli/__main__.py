"""The console command ``hps``, also ``python -m hps_tf``."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

import hps_tf
from hps_tf.cli import commands


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the subcommand named on the command line and exits with its code.

    Args:
      arguments: The arguments; those of the process by default.
    """
    width = max(map(len, commands.COMMANDS))
    table = "\n".join(f"  {name:{width}}  {text}" for name, text in commands.COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="hps",
        description="3D human pose and shape.\n\ncommands:\n" + table,
        epilog="`hps COMMAND --help` explains a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="hps [--help] [--version] COMMAND ...",
    )
    parser.add_argument("--version", action="version", version=f"hps_tf {hps_tf.__version__}")
    parser.add_argument(
        "command", choices=commands.COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    commands.run(parsed.command, f"hps {parsed.command}", parsed.arguments)


if __name__ == "__main__":
    main()
