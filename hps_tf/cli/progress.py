"""The progress bar of long work."""

import sys

from tqdm import tqdm


def bar(total: int | None, unit: str, description: str | None = None, **options) -> tqdm:
    """Opens a bar; a log wants fewer lines than a terminal, and none of short work.

    Args:
      total: How many there are to do, if that is known.
      unit: Their unit.
      description: The name of the work.
      **options: Others of tqdm's.
    """
    delay, interval = (0.5, 0.1) if sys.stderr.isatty() else (10.0, 10.0)
    return tqdm(
        total=total, unit=unit, desc=description, delay=delay, mininterval=interval, **options
    )


def say(opened: tqdm, line: str) -> None:
    """Prints a line to stderr above an open bar."""
    is_shown = opened.last_print_t >= opened.start_t + opened.delay
    if is_shown:
        opened.clear()
    print(line, file=sys.stderr, flush=True)
    if is_shown:
        opened.refresh()
