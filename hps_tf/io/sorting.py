"""Sort keys: numbered names in their natural order, frame9 before frame10."""

import re


def natural_order(name: int | str) -> tuple[tuple[int, int | str], ...]:
    """Returns a key to sort by that compares digits as numbers."""
    pieces = re.findall(r"[0-9]{1,18}|[^0-9]+", str(name))
    return tuple((0, int(piece)) if piece.isdecimal() else (1, piece) for piece in pieces)
