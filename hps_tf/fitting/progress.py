"""Progress of many fits."""

from collections.abc import Callable

#: Called with the number of fits that have ended and of all fits.
Progress = Callable[[int, int], None]


class Count:
    """Counts fits that have ended.

    Args:
      total: Number of all fits.
      progress: Called whenever some end.
    """

    def __init__(self, total: int, progress: Progress | None):
        self._ended, self._total, self._progress = 0, total, progress

    def add(self, ended: int) -> None:
        """Counts some more."""
        self._ended += ended
        if self._progress is not None:
            self._progress(self._ended, self._total)


class Phases:
    """Joins the progress of one phase after another.

    Args:
      total: Units of all phases together.
      progress: Called whenever some work has ended.
    """

    def __init__(self, total: int, progress: Progress | None):
        self._begun, self._total, self._progress = 0, total, progress

    def of(self, units: int) -> Progress:
        """Begins the next phase, of some units, and gives what counts its work."""
        begun = self._begun
        self._begun += units

        def advance(ended: int, total: int) -> None:
            if self._progress is not None:
                self._progress(begun + units * ended // total, self._total)

        return advance
