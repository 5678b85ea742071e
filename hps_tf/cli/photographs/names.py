"""Names of each input's output files: the input's own, made unique where they are alike."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_MAX_BYTES = 200  # A file's name may have 255, with what is appended.


def stems(paths: Sequence[Path]) -> list[str]:
    """Names files without their suffixes.

    Those of one name get their suffix, then the name of their directory, and where that does not
    help a number. Names that differ in upper and lower case alone count as one.

    Args:
      paths: The files, all different.

    Returns:
      A name for each, all different.
    """
    names = [path.stem for path in paths]
    for longer in (
        [path.name for path in paths],
        [f"{path.absolute().parent.name}_{path.name}" for path in paths],
    ):
        uses = Counter(name.casefold() for name in names)
        names = [
            long if uses[name.casefold()] > 1 else name
            for name, long in zip(names, longer, strict=True)
        ]
    taken: set[str] = set()
    return [_untaken(_shortened(name), taken) for name in names]


def _untaken(name: str, taken: set[str]) -> str:
    chosen, number = name, 1
    while chosen.casefold() in taken:
        number += 1
        chosen = f"{name}-{number}"
    taken.add(chosen.casefold())
    return chosen


def _shortened(name: str) -> str:
    return name.encode(errors="surrogateescape")[:_MAX_BYTES].decode(errors="ignore") or "_"
