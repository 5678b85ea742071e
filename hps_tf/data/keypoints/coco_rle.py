"""Masks in COCO's run-length encoding.

Runs of 0 and 1 take turns, 0 first, down the columns. In a text each run is written in groups of
five bits, lowest first, each a character from "0" on; bit 5 of a character says that more follow,
bit 4 of the last is the sign, and from the fourth run on the difference to the run before the last
is written.

pycocotools decodes the same, but writes beyond its memory when the text is damaged.
"""

from typing import Any

import numpy as np

from hps_tf.errors import InputError
from hps_tf.io import json_values

MAX_SIDE = 4096
"""Pixels of a mask's side; a text of a few characters can claim any."""

_FIRST_CHARACTER = ord("0")


def decode(rle: Any, where: str) -> np.ndarray:
    """Decodes a mask.

    Args:
      rle: ``{"size": [height, width], "counts": text or list of runs}``, from JSON.
      where: How errors call it.

    Returns:
      `(H, W)` bool.

    Raises:
      InputError: If it is no such object or its runs do not fill the mask.
    """
    fields = json_values.as_object(rle, where)
    size = json_values.as_list(json_values.member(fields, "size", where), f"{where}.size")
    if len(size) != 2:
        raise InputError(f"{where}.size: expected height and width, received {len(size)} numbers")
    height, width = (
        json_values.as_whole_number(side, f"{where}.size", 1, MAX_SIDE) for side in size
    )
    counts = json_values.member(fields, "counts", where)
    runs = _runs(counts, where) if isinstance(counts, str) else _listed(counts, where)
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise InputError(
            f"{where}.counts: expected runs that fill {height} x {width} pixels, received"
            f" {len(runs)} runs of {sum(runs)}"
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _listed(counts: Any, where: str) -> list[int]:
    runs = json_values.as_list(counts, f"{where}.counts")
    most = MAX_SIDE * MAX_SIDE
    return [json_values.as_whole_number(run, f"{where}.counts", 0, most) for run in runs]


def _runs(counts: str, where: str) -> list[int]:
    runs: list[int] = []
    value, shift = 0, 0
    for character in counts:
        code = ord(character) - _FIRST_CHARACTER
        if not 0 <= code < 64 or shift > 30:
            raise InputError(f"{where}.counts: expected COCO's encoding, received {character!r}")
        value |= (code & 0x1F) << shift
        shift += 5
        if not code & 0x20:
            if code & 0x10:
                value -= 1 << shift
            if len(runs) > 2:
                value += runs[-2]
            runs.append(value)
            value, shift = 0, 0
    if shift:
        raise InputError(f"{where}.counts: expected COCO's encoding, received one that is cut off")
    return runs
