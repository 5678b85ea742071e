"""Lists of frames to keep, such as those of Human80K.

CSV with the columns subject (S1), action (the file's name, with its take: ``Directions 1`` or
``Directions_1``), camera (54138969) and frame (from 1, as extracted images count).
"""

import csv
import io

from hps_tf.errors import InputError

_COLUMNS = ("subject", "action", "camera", "frame")
_MAX_FRAME = 1 << 20

#: For each subject, recording's name and camera, the frames, from 0.
Index = dict[tuple[str, str, str], list[int]]


def read(data: bytes, name: str) -> Index:
    """Reads a list.

    Args:
      data: The file's content.
      name: How errors call it.

    Returns:
      The frames of each view, ascending.

    Raises:
      InputError: If it has other columns, no line, or one that is wrong.
    """
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        columns = tuple(rows.fieldnames or ())
        if not set(_COLUMNS) <= set(columns):
            raise InputError(
                f"{name}, line 1: expected columns {', '.join(_COLUMNS)}, received"
                f" {', '.join(columns) or 'none'}"
            )
        frames: dict[tuple[str, str, str], set[int]] = {}
        for row in rows:
            subject, action, camera, frame = (str(row[column] or "").strip() for column in _COLUMNS)
            number = int(frame) if frame.isdecimal() and len(frame) < 9 else 0
            if not (subject and action and camera and 1 <= number <= _MAX_FRAME):
                raise InputError(
                    f"{name}, line {rows.line_num}: expected subject, action, camera and frame from"
                    f" 1, received {subject!r}, {action!r}, {camera!r}, {frame!r}"
                )
            view = (subject, action.replace("_", " "), camera)
            frames.setdefault(view, set()).add(number - 1)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{name}: expected CSV in UTF-8, received: {error}") from None
    if not frames:
        raise InputError(f"{name}: expected at least one frame, received none")
    return {view: sorted(numbers) for view, numbers in frames.items()}
