"""The split of each clip, from a table that the user keeps.

The table is a CSV file with the columns `clip`, `subject` and `split`, and optionally `fps`, the
rate the clip was captured at. A clip it does not list joins the split of its subject, so that
nobody is both trained on and tested on. Clips whose files have the same name in different
directories are distinguished by their paths, without suffix, e.g. ``s1/walk_01``.

Commas, semicolons or tabs separate the columns, as spreadsheets write them in different countries.
"""

import csv
import dataclasses
import io
import re
from collections.abc import Mapping

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
