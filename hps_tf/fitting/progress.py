"""How far many fits have come."""

from collections.abc import Callable

#: Called with fits that have ended and fits in all.
Progress = Callable[[int, int], None]


class Count:
    """Counts fits that have ended.

    Args:
      total: Fits in all.
      progress: Told whenever some end.
    """

    def __init__(self, total: int, progress: Progress | None):
        self._ended, self._total, self._progress = 0, total, progress

    def add(self, ended: int) -> None:
        """Counts some more."""
        self._ended += ended
        if self._progress is not None:
            self._progress(self._ended, self._total)
