"""The split of each clip, from a table that the user keeps.

The table is a CSV file with the columns `clip`, `subject` and `split`, and optionally `fps`, the
rate the clip was captured at. A clip it does not list joins the split of its subject, so that
nobody is both trained on and tested on. Clips whose files have the same name in different
directories are distinguished by their paths, without suffix, e.g. ``s1/walk_01``.

Commas, semicolons or tabs separate the columns, as spreadsheets write them in different countries.

Without a table, shares such as ``train=0.8,val=0.1,test=0.1`` divide the subjects.
"""

import csv
import dataclasses
import hashlib
import io
import math
import re
from collections.abc import Collection, Mapping

from hps_tf.data.mocap import source_text
from hps_tf.errors import InputError

_COLUMNS = ("clip", "subject", "split")
_DELIMITERS = (",", ";", "\t")
_SPLIT_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclasses.dataclass(frozen=True)
class ClipSplits:
    """The table.

    Attributes:
      subject_of: Subject of each clip listed.
      split_of: Split of each subject listed.
      fps_of: Rate of the clips listed with one.
    """

    subject_of: Mapping[str, str]
    split_of: Mapping[str, str]
    fps_of: Mapping[str, float]


EMPTY = ClipSplits({}, {}, {})


def check_split_name(split: str, where: str) -> None:
    """Raises InputError if a split's name could not begin a file's name."""
    if not _SPLIT_NAME.fullmatch(split):
        raise InputError(
            f"{where}: expected a split such as train, of letters and digits, received {split!r}"
        )


def read(data: bytes, name: str) -> ClipSplits:
    """Reads the table.

    Args:
      data: The file's content.
      name: How errors call the file.

    Raises:
      InputError: If a column or cell is missing, a clip is listed twice, or a subject is in two
        splits.
    """
    text = source_text.decode(data, name)
    header = text.lstrip().partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text, newline=""),
        delimiter=max(_DELIMITERS, key=header.count),
        strict=True,
    )
    subject_of: dict[str, str] = {}
    split_of: dict[str, str] = {}
    first_line: dict[str, int] = {}
    fps_of: dict[str, float] = {}
    try:
        columns = [column.strip().lower() for column in rows.fieldnames or []]
        rows.fieldnames = columns
        missing = [column for column in _COLUMNS if column not in columns]
        if missing:
            raise InputError(
                f"{name}, line 1: expected columns {', '.join(_COLUMNS)}, received"
                f" {', '.join(columns)}"
            )
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            clip, subject, split = (_cell(row, column, where) for column in _COLUMNS)
            clip = clip.replace("\\", "/")  # a path, as Windows writes it
            check_split_name(split, where)
            if clip in subject_of:
                raise InputError(f"{where}: expected each clip once, received {clip!r} again")
            if split_of.setdefault(subject, split) != split:
                raise InputError(
                    f"{where}: expected subject {subject!r} in split {split_of[subject]!r} as on"
                    f" line {first_line[subject]}, received {split!r}"
                )
            first_line.setdefault(subject, rows.line_num)
            subject_of[clip] = subject
            if fps := (row.get("fps") or "").strip():
                fps_of[clip] = parse_fps(fps, f"{where}, column fps")
    except csv.Error as error:
        raise InputError(
            f"{name}, line {rows.line_num}: expected comma-separated values, received: {error}"
        ) from None
    return ClipSplits(subject_of, split_of, fps_of)


def parse_shares(text: str, where: str) -> dict[str, float]:
    """Reads shares of splits, such as ``train=0.8,val=0.1,test=0.1``.

    Args:
      text: The shares.
      where: How errors call them.

    Returns:
      Numbers not below 0 by split; they need not sum to 1.

    Raises:
      InputError: If they are not of this form, or all are 0.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        split, _, share = part.partition("=")
        try:
            number = float(share)
        except ValueError:
            number = math.nan
        if not (number >= 0 and math.isfinite(number)) or not split or split in shares:
            raise InputError(
                f"{where}: expected train=0.8,val=0.1,test=0.1 or the like, received {text!r}"
            )
        check_split_name(split, where)
        shares[split] = number
    if not sum(shares.values()) > 0:
        raise InputError(f"{where}: expected a share above 0, received {text!r}")
    return shares


def divide(subjects: Collection[str], shares: Mapping[str, float], where: str) -> dict[str, str]:
    """Divides subjects between splits, in an order that their names' checksums give.

    Args:
      subjects: The subjects.
      shares: Of `parse_shares`.
      where: How errors call them.

    Returns:
      The split of each subject; every split with a share above 0 has at least one.

    Raises:
      InputError: If there are fewer subjects than such splits.
    """
    wanted = {split: share for split, share in shares.items() if share > 0}
    if len(subjects) < len(wanted):
        raise InputError(
            f"{where}: expected a subject for each of {', '.join(wanted)}, received"
            f" {len(subjects)}: {', '.join(sorted(subjects))} (a table of clips divides them"
            " otherwise)"
        )
    order = sorted(subjects, key=lambda name: hashlib.sha256(name.encode()).digest())
    # One each, and the rest by share, by largest remainders.
    rest = len(order) - len(wanted)
    exact = {split: rest * share / sum(wanted.values()) for split, share in wanted.items()}
    counts = {split: 1 + math.floor(number) for split, number in exact.items()}
    by_remainder = sorted(wanted, key=lambda split: math.floor(exact[split]) - exact[split])
    for split in by_remainder[: len(order) - sum(counts.values())]:
        counts[split] += 1
    splits = [split for split, count in counts.items() for _ in range(count)]
    return dict(zip(order, splits, strict=True))


def parse_fps(text: str, where: str) -> float:
    """Reads a frame rate.

    Raises:
      InputError: If it is not a number from 1 to 10000.
    """
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 1 <= fps <= 10_000:
        raise InputError(f"{where}: expected frames per second from 1 to 10000, received {text!r}")
    return fps


def _cell(row: Mapping[str, str | None], column: str, where: str) -> str:
    value = (row[column] or "").strip()
    if not value:
        raise InputError(f"{where}, column {column}: expected a value, received none")
    return value
