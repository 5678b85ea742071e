"""Shares of a long preparation: several machines do one each, and one of them joins the results.

Share I of N of an output lies beside it, in ``OUTPUT.shares/I-of-N``.
"""

import argparse
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from hps_tf.errors import InputError

Item = TypeVar("Item")


@dataclasses.dataclass(frozen=True)
class Share:
    """One of several equal shares.

    Attributes:
      index: Its number, from 0.
      count: How many there are.
    """

    index: int
    count: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Gives its items: neighbours, so that the shares one after another are all in order."""
        first, end = (len(items) * place // self.count for place in (self.index, self.index + 1))
        return items[first:end]

    def directory(self, output: Path) -> Path:
        """Where it lies."""
        return output.with_name(f"{output.name}.shares") / f"{self.index}-of-{self.count}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--share`` and ``--join``, of which a command takes one or none."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--share",
        type=_parse,
        metavar="I/N",
        help="prepare one of N equal shares, I from 0, into OUTPUT.shares/I-of-N",
    )
    group.add_argument(
        "--join", type=int, metavar="N", help="make the output of the N shares prepared before"
    )


def finished(output: Path, count: int) -> list[Path]:
    """The directories of all shares of an output, in order.

    Raises:
      InputError: If one is missing.
    """
    if count < 1:
        raise InputError(f"--join: expected at least 1, received {count}")
    directories = [Share(index, count).directory(output) for index in range(count)]
    missing = [directory.name for directory in directories if not directory.is_dir()]
    if missing:
        raise InputError(
            f"{directories[0].parent}: expected {count} shares, received none for"
            f" {', '.join(missing)}; prepare them with --share"
        )
    return directories


def _parse(text: str) -> Share:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not int(match[1]) < int(match[2]):
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 0 to below N, received {text!r}"
        )
    return Share(int(match[1]), int(match[2]))
